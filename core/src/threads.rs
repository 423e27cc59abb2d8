//! Work beside the calling thread, on the thread pool of rayon: that of the calling thread if it
//! belongs to one, else the global one.
//!
//! A caller never needs the helpers: it does itself what they have not begun. So in a pool whose threads
//! are busy the work is done by one thread, and no thread waits for another that waits.

use std::marker::PhantomData;

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
    if wanted && rayon::current_num_threads() > 1 {
        return rayon::in_place_scope(|scope| {
            let kind = Kind::Pool(scope);
            work(Helpers { kind })
        });
    }
    let _ = wanted;
    let kind = Kind::None(PhantomData);
    work(Helpers { kind })
}

#[cfg(test)]
thread_local! {
    /// Whether tasks of this thread run at once, on the thread itself.
    pub(crate) static HELP_AT_ONCE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[cfg(all(test, feature = "parallel"))]
mod tests {
    use super::*;

    fn exist(threads: usize, wanted: bool) -> bool {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| with_helpers(wanted, |helpers| helpers.exist()))
    }

    #[test]
    fn helpers_exist_only_if_wanted_and_in_a_pool_of_several_threads() {
        assert!(exist(2, true) && exist(8, true));
        assert!(!exist(2, false) && !exist(1, true));
    }

    #[test]
    fn every_task_is_done_at_the_end() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3);
        let done = std::sync::atomic::AtomicUsize::new(0);
        let count = || done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        pool.build().unwrap().install(|| {
            with_helpers(true, |helpers| {
                (0..100).for_each(|_| helpers.spawn(|| drop(count())));
            });
        });
        assert_eq!(done.into_inner(), 100);
    }
}
