//! A word to whoever waits: on a terminal, when a run takes longer than a moment.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long nothing is said.
const MOMENT: Duration = Duration::from_secs(1);
/// How often the word is renewed.
const BEAT: Duration = Duration::from_millis(500);

/// Speaks while it lives, if it takes that long; the line is gone when it goes.
pub(super) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Begins to wait for the translation of so many files. Says nothing where nobody watches: standard error is no
    /// terminal, or this is CI.
    pub(super) fn with(files: usize) -> Self {
        let watched = io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        if !watched {
            return Self(None);
        }
        let (done, waits) = channel();
        let speaker = thread::Builder::new().spawn(move || speak(&waits, files));
        Self(speaker.ok().map(|speaker| (done, speaker)))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((done, speaker)) = self.0.take() {
            drop(done);
            let _ = speaker.join();
        }
    }
}

fn speak(done: &Receiver<()>, files: usize) {
    let begun = Instant::now();
    let mut pause = MOMENT;
    let mut shown = false;
    while done.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let seconds = begun.elapsed().as_secs();
        let mut out = io::stderr();
        let _ =
            write!(out, "\rTranslating {files} CI files: {seconds} s ").and_then(|()| out.flush());
        shown = true;
        pause = BEAT;
    }
    if shown {
        // back to the first column, and the line is cleared
        let _ = write!(io::stderr(), "\r\u{1b}[K");
    }
}
