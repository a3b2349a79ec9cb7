//! Tests registered once and run on each database.

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::database::drop_created;
use crate::runtime::block_on;
use crate::{Backend, ServerError, TestDatabase, empty, migrated, redis_url};

/// The tests of one binary (`harness = false`). Filters, `--list` and the rest of the usual arguments work.
pub struct Suite {
    arguments: Arguments,
    trials: Vec<Trial>,
}

impl Suite {
    /// A suite without tests, with the arguments of the command line.
    pub fn from_args() -> Self {
        Self { arguments: Arguments::from_args(), trials: Vec::new() }
    }

    /// A test on the shared, migrated database: `sqlite::<name>` and `postgres::<name>`.
    pub fn databases<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(TestDatabase) -> T + Clone + Send + 'static,
        T: Future<Output: TestResult>,
    {
        for backend in Backend::ALL {
            let test = test.clone();
            self.add(format!("{backend}::{name}"), move || {
                block_on(async { test(migrated(backend).await?).await.result() })
            });
        }
    }

    /// A test on an empty database of its own: `sqlite::<name>` and `postgres::<name>`.
    pub fn empty<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(TestDatabase) -> T + Clone + Send + 'static,
        T: Future<Output: TestResult>,
    {
        for backend in Backend::ALL {
            let test = test.clone();
            self.add(format!("{backend}::{name}"), move || {
                block_on(async { test(empty(backend).await?).await.result() })
            });
        }
    }

    /// A test with the URL of the shared Redis; its keys need a prefix of their own.
    pub fn redis<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(String) -> T + Send + 'static,
        T: Future<Output: TestResult>,
    {
        self.add(name.to_owned(), move || {
            let url = redis_url()?.to_owned();
            block_on(test(url)).result()
        });
    }

    /// A test without a database: `fn()` or `async fn()`.
    pub fn plain<M>(&mut self, name: &str, test: impl PlainTest<M>) {
        self.add(name.to_owned(), move || test.run());
    }

    /// Runs the tests the command line asks for.
    pub fn run(self) -> ExitCode {
        let conclusion = libtest_mimic::run(&self.arguments, self.trials);
        if !self.arguments.list
            && let Err(error) = block_on(drop_created())
        {
            eprintln!("the tests' databases could not be dropped: {error:#}");
        }
        conclusion.exit_code()
    }

    fn add(&mut self, name: String, test: impl FnOnce() -> anyhow::Result<()> + Send + 'static) {
        self.trials.push(Trial::ignorable_test(name, move || conclude(test())));
    }
}

/// A missing server is a reason to ignore a test, but not where somebody relies on the result.
fn conclude(result: anyhow::Result<()>) -> Result<Completion, Failed> {
    let Err(error) = result else {
        return Ok(Completion::Completed);
    };
    let ci = env::var("CI").is_ok_and(|value| value == "true");
    match error.downcast_ref::<ServerError>() {
        Some(ServerError::Missing(_)) if !ci => Ok(Completion::ignored_with(error)),
        Some(ServerError::Given(_)) => Ok(Completion::ignored_with(error)),
        _ => Err(format!("{error:?}").into()),
    }
}

/// What a test may return: nothing, or a result. [`ServerError::Missing`] makes it ignored.
pub trait TestResult {
    /// As a result.
    fn result(self) -> anyhow::Result<()>;
}

impl TestResult for () {
    fn result(self) -> anyhow::Result<()> {
        Ok(())
    }
}

impl<E: Into<anyhow::Error>> TestResult for Result<(), E> {
    fn result(self) -> anyhow::Result<()> {
        self.map_err(Into::into)
    }
}

/// A test without an argument. `M` only tells the two kinds apart.
pub trait PlainTest<M>: Send + 'static {
    /// Runs it.
    fn run(self) -> anyhow::Result<()>;
}

impl<F, R> PlainTest<(R,)> for F
where
    F: FnOnce() -> R + Send + 'static,
    R: TestResult,
{
    fn run(self) -> anyhow::Result<()> {
        self().result()
    }
}

impl<F, T> PlainTest<(T, T::Output)> for F
where
    F: FnOnce() -> T + Send + 'static,
    T: Future<Output: TestResult>,
{
    fn run(self) -> anyhow::Result<()> {
        block_on(self()).result()
    }
}

/// The name of a test: the path it was registered with, after the module (without the crate) that registers it.
#[doc(hidden)]
pub fn test_name(module: &str, path: &str) -> String {
    let path: String = path.split_whitespace().collect();
    match module.split_once("::") {
        Some((_, module)) => format!("{module}::{path}"),
        None => path,
    }
}

/// Registers tests under their own names.
///
/// A list's word is the method of [`Suite`] that takes its tests: `databases`, `empty`, `redis` or `plain`.
///
/// ```no_run
/// # mod customers { pub async fn creates(_: testkit::TestDatabase) {} pub async fn lists(_: testkit::TestDatabase) {} }
/// # mod config { pub fn reports_all_faults() {} }
/// # let mut suite = testkit::Suite::from_args();
/// testkit::tests!(suite, databases: [customers::creates, customers::lists]; plain: [config::reports_all_faults]);
/// ```
#[macro_export]
macro_rules! tests {
    ($suite:expr, $($kind:ident: [$($test:path),* $(,)?]);+ $(;)?) => {
        $($($suite.$kind(&$crate::test_name(module_path!(), stringify!($test)), $test);)*)+
    };
}
