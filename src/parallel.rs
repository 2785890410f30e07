//! Several pieces of work at once, their results in order.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// In how many shares each thread takes its items: to ask for each of many small ones takes longer than they do.
const SHARES: usize = 32;

/// Does `work` on each item, on as many threads as the machine can run at once, and gives the results in the items' order.
/// A panic in one of them goes on in the caller.
pub(crate) fn map<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync) -> Vec<T> {
    if items.len() < 2 {
        return items.into_iter().map(work).collect();
    }
    let threads = threads().min(items.len());
    let share = (items.len() / threads / SHARES).max(1);
    let waiting = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let taken: Vec<(usize, I)> = waiting.by_ref().take(share).collect();
            drop(waiting);
            if taken.is_empty() {
                return;
            }
            let results = taken.into_iter().map(|(index, item)| (index, work(item)));
            let mut results: Vec<(usize, T)> = results.collect();
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.append(&mut results);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread this one does it all.
            let _ = thread::Builder::new().spawn_scoped(scope, worker);
        }
        worker();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How many threads the machine can run at once.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let slow_first = |item: u64| {
            std::thread::sleep(std::time::Duration::from_millis(20 / (item + 1)));
            item * 2
        };
        assert_eq!(
            map((0..20).collect(), slow_first),
            Vec::from_iter((0..20).map(|item| item * 2))
        );
        assert!(map(Vec::new(), slow_first).is_empty());
    }

    #[test]
    #[should_panic]
    fn a_panic_goes_on() {
        map(vec![1, 2, 3], |item| assert_ne!(item, 2));
    }
}
