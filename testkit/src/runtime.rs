//! The one tokio runtime of a test process.

use std::sync::OnceLock;

use tokio::runtime::Runtime;
use tokio::task::LocalSet;

/// The runtime all tests of this process share.
///
/// A pool's connections live on the runtime that opened them: with one runtime for each test, a shared pool would break
/// when the first test ends. For the same reason a server with runtimes of its own (actix-web's `HttpServer` has one for
/// each worker) takes a pool of its own: [`TestDatabase::connect`](crate::TestDatabase::connect).
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => panic!("the tests' tokio runtime does not start: {error}"),
    })
}

/// Runs a test to its end on this thread; it and what it spawns locally need not be [`Send`].
pub(crate) fn block_on<T: Future>(test: T) -> T::Output {
    LocalSet::new().block_on(runtime(), test)
}
