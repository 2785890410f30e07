//! One run at a time: the lock on a repository, and who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;
use std::process;

use anyhow::{Context, bail};

/// Held until it is dropped. The system lets go of it when its process ends, however it ends, so none is ever left behind.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Lets go by itself: a program that another thread is about to start has the file open, too, for a moment.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the lock that the file stands for.
    ///
    /// # Errors
    ///
    /// Another run holds it, or the file cannot be made or locked.
    pub(super) fn take(path: &Path) -> anyhow::Result<Self> {
        // Not emptied here: the name of who holds it stands in it.
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "{} is at work here; wait until it is done and run again",
                    holder(path)
                );
            }
            Err(TryLockError::Error(error)) => {
                let error = anyhow::Error::from(error);
                return Err(error.context(format!("{} cannot be locked", path.display())));
            }
        }
        // It is for people: the lock holds without it.
        let name = format!("process {}\n", process::id());
        let _ = file
            .set_len(0)
            .and_then(|()| file.write_all(name.as_bytes()));
        Ok(Self { file })
    }
}

/// Who wrote its name into the file, and for how long it has been there.
fn holder(path: &Path) -> String {
    let name = std::fs::read_to_string(path).unwrap_or_default();
    let since = path.metadata().and_then(|metadata| metadata.modified());
    let seconds = since.ok().and_then(|since| since.elapsed().ok());
    let since = seconds.map_or_else(String::new, |time| format!(", since {} s", time.as_secs()));
    match name.lines().next().filter(|name| !name.is_empty()) {
        Some(name) => format!("another run ({name}{since})"),
        None => "another run".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_is_told_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::take(&path).unwrap();
        let why = Lock::take(&path).unwrap_err().to_string();
        let name = format!("another run (process {}, since ", process::id());
        assert!(why.starts_with(&name), "{why}");
        drop(first);
        // What a run that was killed leaves behind.
        std::fs::write(&path, "process 1\nand more\n").unwrap();
        let _third = Lock::take(&path).unwrap();
        let now = std::fs::read_to_string(&path).unwrap();
        assert_eq!(now, format!("process {}\n", process::id()));
    }
}
