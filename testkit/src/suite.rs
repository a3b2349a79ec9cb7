//! Tests registered once and run on each database.

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Conclusion, Failed, Trial};

use crate::database::drop_created;
use crate::runtime::block_on;
use crate::{Backend, ServerError, TestDatabase, empty, migrated, own, redis_url, statements, times};

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
            self.on(backend, name, migrated, test.clone());
        }
    }

    /// A test on the shared, migrated PostgreSQL alone, for what SQLite does not have: `postgres::<name>`.
    pub fn postgres<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(TestDatabase) -> T + Send + 'static,
        T: Future<Output: TestResult>,
    {
        self.on(Backend::Postgres, name, migrated, test);
    }

    /// A test on a separate migrated database, for code that reads all companies: `sqlite::<name>` and
    /// `postgres::<name>`.
    pub fn own<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(TestDatabase) -> T + Clone + Send + 'static,
        T: Future<Output: TestResult>,
    {
        for backend in Backend::ALL {
            self.on(backend, name, own, test.clone());
        }
    }

    /// A test on a migrated PostgreSQL database of its own: `postgres::<name>`.
    pub fn own_postgres<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(TestDatabase) -> T + Send + 'static,
        T: Future<Output: TestResult>,
    {
        self.on(Backend::Postgres, name, own, test);
    }

    /// A test on an empty database of its own: `sqlite::<name>` and `postgres::<name>`.
    pub fn empty<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(TestDatabase) -> T + Clone + Send + 'static,
        T: Future<Output: TestResult>,
    {
        for backend in Backend::ALL {
            self.on(backend, name, empty, test.clone());
        }
    }

    /// A test on an empty PostgreSQL database of its own, for what SQLite does not have: `postgres::<name>`.
    pub fn empty_postgres<F, T>(&mut self, name: &str, test: F)
    where
        F: Fn(TestDatabase) -> T + Send + 'static,
        T: Future<Output: TestResult>,
    {
        self.on(Backend::Postgres, name, empty, test);
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

    /// Runs the tests the command line asks for, and then checks what they have sent to PostgreSQL.
    pub fn run(self) -> ExitCode {
        let Self { arguments, trials } = self;
        let conclusion = libtest_mimic::run(&arguments, trials);
        if arguments.list {
            return conclusion.exit_code();
        }
        times::print_slowest();
        let has_failed = conclusion.has_failed() | (statements::any() && check_statements(&arguments, &conclusion));
        if let Err(error) = block_on(drop_created()) {
            eprintln!("the tests' databases could not be dropped: {error:#}");
        }
        if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn on<O, T>(
        &mut self,
        backend: Backend,
        name: &str,
        open: impl FnOnce(Backend) -> O + Send + 'static,
        test: impl FnOnce(TestDatabase) -> T + Send + 'static,
    ) where
        O: Future<Output = anyhow::Result<TestDatabase>>,
        T: Future<Output: TestResult>,
    {
        self.add(format!("{backend}::{name}"), move || block_on(async { test(open(backend).await?).await.result() }));
    }

    fn add(&mut self, name: String, test: impl FnOnce() -> anyhow::Result<()> + Send + 'static) {
        let measured = {
            let name = name.clone();
            move || times::measured(name, test)
        };
        self.trials.push(Trial::ignorable_test(name, move || conclude(measured())));
    }
}

/// Whether a statement of the tests breaks the rule: a test of its own, after all the others.
fn check_statements(arguments: &Arguments, tests: &Conclusion) -> bool {
    let is_whole = tests.num_filtered_out == 0 && tests.num_ignored == 0 && !tests.has_failed();
    let arguments = Arguments { filter: None, skip: Vec::new(), exact: false, ..arguments.clone() };
    let trial = Trial::ignorable_test(statements::NAME, move || {
        block_on(statements::check(is_whole))
            .map(|()| Completion::Completed)
            .map_err(|error| format!("{error:#}").into())
    });
    libtest_mimic::run(&arguments, vec![trial]).has_failed()
}

/// A missing server is a reason to ignore a test, but not where the result is relied on.
fn conclude(result: anyhow::Result<()>) -> Result<Completion, Failed> {
    let Err(error) = result else {
        return Ok(Completion::Completed);
    };
    let ci = env::var("CI").is_ok_and(|value| value == "true");
    match error.downcast_ref::<ServerError>() {
        Some(ServerError::Missing(_)) if !ci => Ok(Completion::ignored_with(error)),
        #[cfg(feature = "language-model")]
        Some(ServerError::NotAsked(_)) => Ok(Completion::ignored_with(error)),
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

/// A test without an argument. `M` only distinguishes the two kinds.
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
/// A list's word is the method of [`Suite`] that takes its tests: `databases`, `postgres`, `own`, `own_postgres`, `empty`,
/// `empty_postgres`, `redis` or `plain`.
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
