//! Several pieces of work at once, their results in order.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does `work` on each item, on as many threads as the machine can run at once, and gives the results in the items' order.
/// A panic in one of them goes on in the caller.
pub(crate) fn map<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync) -> Vec<T> {
    if items.len() < 2 {
        return items.into_iter().map(work).collect();
    }
    let threads = threads().min(items.len());
    let waiting = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let next = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next();
            let Some((index, item)) = next else { return };
            let result = work(item);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((index, result));
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
