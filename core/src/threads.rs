//! Work beside the calling thread, on the thread pool of rayon: that of the calling thread if it
//! belongs to one, else the global one. Where that cannot start, one thread does all the work.
//!
//! A caller never needs the helpers: it does itself what they have not begun. So a pool whose threads
//! are busy delays no work, and no thread waits for another that waits. Only at the end, a caller that does
//! not belong to the pool waits until a thread of the pool has taken up its last task and found nothing to
//! do.
//!
//! ```text
//! WorkQueue: a processor, items that wait for it, items that are done, in order
//!     helper: while items wait, and no other thread processes one: process the first
//!     caller: gives items, and takes those that are done:
//!         one is done                    -> take it
//!         another thread processes one   -> wait for its end
//!         else                           -> process the first here
//! ```

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Other threads that may take a part of the work.
#[derive(Clone, Copy)]
pub(crate) struct Helpers<'s, 'scope> {
    kind: Kind<'s, 'scope>,
}

#[derive(Clone, Copy)]
enum Kind<'s, 'scope> {
    None(PhantomData<(&'s (), &'scope ())>),
    #[cfg(feature = "parallel")]
    Pool(&'s rayon::Scope<'scope>),
    #[cfg(test)]
    AtOnce,
}

impl<'scope> Helpers<'_, 'scope> {
    /// Whether there are any.
    pub(crate) fn exist(self) -> bool {
        !matches!(self.kind, Kind::None(_))
    }

    /// Runs `task` soon, or when the calling thread is done.
    #[cfg_attr(not(any(feature = "parallel", test)), allow(unused_variables))]
    pub(crate) fn spawn(self, task: impl FnOnce() + Send + 'scope) {
        match self.kind {
            Kind::None(_) => {}
            #[cfg(feature = "parallel")]
            Kind::Pool(scope) => scope.spawn(|_| task()),
            #[cfg(test)]
            Kind::AtOnce => task(),
        }
    }
}

/// Calls `work`, with helpers if they are wanted and the pool has more than one thread. Returns when
/// they are done as well.
pub(crate) fn with_helpers<'scope, R>(
    wanted: bool,
    work: impl FnOnce(Helpers<'_, 'scope>) -> R,
) -> R {
    #[cfg(test)]
    if wanted && HELP_AT_ONCE.get() {
        return work(Helpers { kind: Kind::AtOnce });
    }
    #[cfg(feature = "parallel")]
    if wanted && has_pool() {
        return rayon::in_place_scope(|scope| {
            let kind = Kind::Pool(scope);
            work(Helpers { kind })
        });
    }
    let _ = wanted;
    let kind = Kind::None(PhantomData);
    work(Helpers { kind })
}

/// Calls both, the second on another thread if that is `wanted` and one is free.
#[cfg_attr(not(feature = "parallel"), allow(unused_variables))]
pub(crate) fn join<A: Send, B: Send>(
    wanted: bool,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    #[cfg(feature = "parallel")]
    if wanted && has_pool() {
        return rayon::join(first, second);
    }
    (first(), second())
}

/// Maps every item, on several threads if that is `wanted`. The results are in the order of the items.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Sync, R: Send>(
    wanted: bool,
    items: &[T],
    map: impl Fn(&T) -> R + Sync + Send,
) -> Vec<R> {
    use rayon::prelude::*;
    if wanted && items.len() > 1 && has_pool() {
        return items.par_iter().map(map).collect();
    }
    items.iter().map(map).collect()
}

/// Whether the calling thread has a pool of more than one thread.
#[cfg(feature = "parallel")]
fn has_pool() -> bool {
    let is_inside = rayon::current_thread_index().is_some();
    (is_inside || has_global_pool()) && rayon::current_num_threads() > 1
}

/// Whether rayon's global pool runs in this process. The first call starts it.
///
/// A fork of the process has no threads but the one that forked, and would wait for the others forever.
#[cfg(feature = "parallel")]
#[cfg(not(target_family = "wasm"))]
fn has_global_pool() -> bool {
    static STARTED_IN: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
    let process = std::process::id();
    let started_in = STARTED_IN.get_or_init(|| start_global_pool().then_some(process));
    *started_in == Some(process)
}

/// Starts rayon's global pool, unless it runs. `false` if a thread cannot be started.
///
/// rayon itself would start it at its first use, but panics if that fails, then and ever after.
#[cfg(feature = "parallel")]
#[cfg(not(target_family = "wasm"))]
fn start_global_pool() -> bool {
    use std::error::Error;
    match rayon::ThreadPoolBuilder::new().build_global() {
        Ok(()) => true,
        Err(error) if error.source().is_some() => false,
        // It was started before. Only a panic tells whether that has failed.
        Err(_) => std::panic::catch_unwind(rayon::current_num_threads).is_ok(),
    }
}

/// Where there are no threads, rayon has a pool of the calling thread alone.
#[cfg(feature = "parallel")]
#[cfg(target_family = "wasm")]
fn has_global_pool() -> bool {
    true
}

/// Processes items one after the other.
pub(crate) trait Processor {
    type Item;

    /// Whether the next item can be processed.
    fn is_ready(&self) -> bool {
        true
    }

    fn process(&mut self, item: &mut Self::Item);
}

/// Items and their processor, shared by the calling thread and its helpers.
pub(crate) struct WorkQueue<P: Processor> {
    state: Mutex<WorkState<P>>,
    /// An item is done.
    has_changed: Condvar,
}

struct WorkState<P: Processor> {
    /// `None` while a thread processes an item.
    processor: Option<P>,
    waiting: VecDeque<P::Item>,
    done: VecDeque<P::Item>,
    /// Whether a helper was called that has not ended.
    is_called: bool,
}

impl<P: Processor> WorkQueue<P> {
    pub(crate) fn new(processor: P) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(WorkState {
                processor: Some(processor),
                waiting: VecDeque::new(),
                done: VecDeque::new(),
                is_called: false,
            }),
            has_changed: Condvar::new(),
        })
    }

    /// Appends an item to those that wait.
    pub(crate) fn give(&self, item: P::Item) {
        self.lock().waiting.push_back(item);
    }

    /// Lets a helper process what waits.
    pub(crate) fn call<'scope>(self: &Arc<Self>, helpers: Helpers<'_, 'scope>)
    where
        P: Send + 'scope,
        P::Item: Send + 'scope,
    {
        if helpers.exist() && !std::mem::replace(&mut self.lock().is_called, true) {
            let queue = Arc::clone(self);
            helpers.spawn(move || queue.help());
        }
    }

    /// The first item that is done. `None` if no item can be processed.
    pub(crate) fn take(&self) -> Option<P::Item> {
        self.take_if(|_| true, |_| true)
    }

    /// The first item that is done, if it is `wanted`. If there is none, and if `leads_there` is true of
    /// the processor, the next is processed.
    pub(crate) fn take_if(
        &self,
        wanted: impl Fn(&P::Item) -> bool,
        leads_there: impl Fn(&P) -> bool,
    ) -> Option<P::Item> {
        let mut state = self.lock();
        loop {
            if state.done.front().is_some_and(&wanted) {
                return state.done.pop_front();
            }
            match &state.processor {
                None => state = self.wait(state),
                Some(processor) if state.done.is_empty() && leads_there(processor) => {
                    let task = self.begin(&mut state)?;
                    drop(state);
                    task.finish();
                    state = self.lock();
                }
                Some(_) => return None,
            }
        }
    }

    /// Changes the processor. The items that are done wait again.
    pub(crate) fn restart(&self, change: impl FnOnce(&mut P)) {
        let mut state = self.lock();
        while state.processor.is_none() {
            state = self.wait(state);
        }
        state.processor.as_mut().map(change);
        let done = std::mem::take(&mut state.done);
        state.waiting.extend(done);
    }

    /// Processes all items that wait. Returns the processor.
    #[cfg(feature = "parallel")]
    pub(crate) fn finish(&self) -> Option<P> {
        let mut state = self.lock();
        loop {
            if let Some(task) = self.begin(&mut state) {
                drop(state);
                task.finish();
                state = self.lock();
            } else if state.processor.is_some() {
                return state.processor.take();
            } else {
                state = self.wait(state);
            }
        }
    }

    /// Drops the items that wait, so that helpers end.
    pub(crate) fn close(&self) {
        self.lock().waiting.clear();
    }

    fn help(&self) {
        let mut state = self.lock();
        while let Some(task) = self.begin(&mut state) {
            drop(state);
            task.finish();
            state = self.lock();
        }
        state.is_called = false;
    }

    fn begin(&self, state: &mut WorkState<P>) -> Option<Task<'_, P>> {
        let is_ready = state.processor.as_ref().is_some_and(P::is_ready);
        let item = is_ready.then(|| state.waiting.pop_front())??;
        Some(Task {
            queue: self,
            processor: state.processor.take(),
            item: Some(item),
        })
    }

    fn lock(&self) -> MutexGuard<'_, WorkState<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, state: MutexGuard<'g, WorkState<P>>) -> MutexGuard<'g, WorkState<P>> {
        let state = self.has_changed.wait(state);
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

/// An item that is processed. It is done when this is dropped: even by a panic, or the caller would
/// wait forever.
struct Task<'q, P: Processor> {
    queue: &'q WorkQueue<P>,
    processor: Option<P>,
    item: Option<P::Item>,
}

impl<P: Processor> Task<'_, P> {
    fn finish(mut self) {
        if let (Some(processor), Some(item)) = (&mut self.processor, &mut self.item) {
            processor.process(item);
        }
    }
}

impl<P: Processor> Drop for Task<'_, P> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.processor = self.processor.take();
        state.done.extend(self.item.take());
        drop(state);
        self.queue.has_changed.notify_one();
    }
}

#[cfg(test)]
thread_local! {
    /// Whether tasks of this thread run at once, on the thread itself.
    pub(crate) static HELP_AT_ONCE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[cfg(test)]
#[cfg(feature = "parallel")]
mod tests {
    use super::*;

    fn in_pool<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(work)
    }

    #[test]
    fn helpers_exist_only_if_wanted_and_in_a_pool_of_several_threads() {
        let exist =
            |threads, wanted| in_pool(threads, || with_helpers(wanted, |helpers| helpers.exist()));
        assert!(exist(2, true) && exist(8, true));
        assert!(!exist(2, false) && !exist(1, true));
    }

    #[test]
    fn every_task_is_done_at_the_end() {
        let done = std::sync::atomic::AtomicUsize::new(0);
        let count = || done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        in_pool(3, || {
            with_helpers(true, |helpers| {
                (0..100).for_each(|_| helpers.spawn(|| _ = count()));
            });
        });
        assert_eq!(done.into_inner(), 100);
    }

    /// Adds each item to a sum, and returns the sum.
    struct Sum(u64);

    impl Processor for Sum {
        type Item = u64;

        fn process(&mut self, item: &mut u64) {
            assert!(*item < 1000, "too large");
            self.0 += *item;
            *item = self.0;
        }
    }

    #[test]
    fn items_are_processed_in_order_on_any_number_of_threads() {
        for threads in [1, 2, 8] {
            let sums = in_pool(threads, || {
                with_helpers(true, |helpers| {
                    let queue = WorkQueue::new(Sum(0));
                    let mut sums = Vec::new();
                    for item in 0..300 {
                        queue.give(item);
                        queue.call(helpers);
                        if item % 3 > 0 {
                            sums.extend(queue.take());
                        }
                    }
                    let last = queue.finish().map(|sum| sum.0);
                    (sums, last)
                })
            });
            let expected: Vec<u64> = (0..200).map(|item| item * (item + 1) / 2).collect();
            assert_eq!(sums, (expected, Some(299 * 300 / 2)));
        }
    }

    #[test]
    fn a_panic_of_a_task_does_not_leave_the_caller_waiting() {
        let panicked = std::panic::catch_unwind(|| {
            in_pool(2, || {
                with_helpers(true, |helpers| {
                    let queue = WorkQueue::new(Sum(0));
                    queue.give(1000);
                    queue.call(helpers);
                    queue.take()
                })
            })
        });
        assert!(panicked.is_err());
    }
}
