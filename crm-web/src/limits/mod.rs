//! Rate limits: by address before authentication, and by user and company after it.
//!
//! Unused requests can be made at once: a limit of 60 allows a burst of 60 requests, and one more per second (GCRA).

mod address;
mod check;
mod headers;
mod local;
mod shared;

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use crm_core::ids::{CaptureFormId, CompanyId, UserId};
use ipnet::IpNet;
use metrics::{Unit, describe_counter};

pub use address::ForwardingHeader;
pub use check::Allowance;

use crate::redis::Redis;
use local::Local;
use shared::Shared;

/// The period of the limits.
const WINDOW: Duration = Duration::from_secs(60);
/// What the names of shared counters begin with.
const COUNTERS: &str = "crm:limits";
const REFUSALS: &str = "crm_rate_limited_total";

pub(crate) fn describe_metrics() {
    describe_counter!(REFUSALS, Unit::Count, "Requests refused because there were too many, by the kind of limit");
}

/// Requests per minute; `None` for no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimitOptions {
    /// Per address (IPv4), or network of 64 bits (IPv6).
    pub ip: Option<NonZeroU32>,
    /// Per user.
    pub user: Option<NonZeroU32>,
    /// Per company.
    pub company: Option<NonZeroU32>,
    /// Submissions of one public form.
    pub form: Option<NonZeroU32>,
    /// Submissions of one public form from one address.
    pub form_address: Option<NonZeroU32>,
    /// The proxies whose reports of the client address are accepted.
    pub trusted_proxies: Vec<IpNet>,
    /// The header with the client address. The other header is ignored: the client may have sent it.
    pub forwarding_header: ForwardingHeader,
}

/// Counts requests, shared with the other instances if Redis is configured. Cheap to clone.
#[derive(Clone)]
pub struct RateLimits(Arc<Inner>);

struct Inner {
    options: RateLimitOptions,
    local: Local,
    shared: Option<Shared>,
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimits").field("options", &self.0.options).finish_non_exhaustive()
    }
}

/// The kinds of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ip,
    User,
    Company,
    Form,
    FormAddress,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::User => "user",
            Self::Company => "company",
            Self::Form => "form",
            Self::FormAddress => "form-address",
        }
    }
}

/// The subject of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    /// An IPv4 address, or the network of an IPv6 address.
    Ip(IpNet),
    User(CompanyId, UserId),
    Company(CompanyId),
    Form(CaptureFormId),
    FormAddress(CaptureFormId, IpNet),
}

impl Subject {
    const fn kind(self) -> Kind {
        match self {
            Self::Ip(_) => Kind::Ip,
            Self::User(..) => Kind::User,
            Self::Company(_) => Kind::Company,
            Self::Form(_) => Kind::Form,
            Self::FormAddress(..) => Kind::FormAddress,
        }
    }
}

/// A subject with its limit.
#[derive(Clone, Copy, Debug)]
struct RateLimitKey {
    subject: Subject,
    limit: NonZeroU32,
}

/// The decision of a limit about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decision {
    kind: Kind,
    limit: NonZeroU32,
    /// The number of further requests that can be made at once.
    remaining: u32,
    /// How long to wait, if the request is refused.
    wait: Option<Duration>,
}

impl RateLimits {
    /// Shares counters with the other instances at `redis`; uses its own without it, and while it is down.
    #[must_use]
    pub fn new(options: RateLimitOptions, redis: Option<Redis>) -> Self {
        let began = Instant::now();
        Self::with_clock(options, redis, move || began.elapsed())
    }

    /// Uses another clock, which returns the time since its start. With Redis, the clock of Redis is used.
    #[must_use]
    pub fn with_clock(
        options: RateLimitOptions,
        redis: Option<Redis>,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self::counted_as(COUNTERS, options, redis, clock)
    }

    /// Counts under a name of its own, such as `log-in`: apart from the requests of the CRM at the same Redis.
    #[must_use]
    pub fn named(name: &str, options: RateLimitOptions, redis: Option<Redis>) -> Self {
        let began = Instant::now();
        Self::counted_as(&format!("{COUNTERS}:{name}"), options, redis, move || began.elapsed())
    }

    fn counted_as(
        counters: &str,
        options: RateLimitOptions,
        redis: Option<Redis>,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        let local = Local::new(&options, Arc::new(clock));
        let shared = redis.map(|redis| Shared::new(redis, counters));
        Self(Arc::new(Inner { options, local, shared }))
    }

    /// The address of the client, as trusted proxies report it.
    #[must_use]
    pub fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        address::client(request, self.options())
    }

    fn options(&self) -> &RateLimitOptions {
        &self.0.options
    }

    fn limit(&self, kind: Kind) -> Option<NonZeroU32> {
        let RateLimitOptions { ip, user, company, form, form_address, .. } = &self.0.options;
        match kind {
            Kind::Ip => *ip,
            Kind::User => *user,
            Kind::Company => *company,
            Kind::Form => *form,
            Kind::FormAddress => *form_address,
        }
    }

    /// Counts a request for these subjects that have limits. If one refuses, the following ones are not counted.
    async fn check(&self, subjects: impl IntoIterator<Item = Subject>) -> Vec<Decision> {
        let counted = subjects
            .into_iter()
            .filter_map(|subject| Some(RateLimitKey { subject, limit: self.limit(subject.kind())? }));
        let counted: Vec<RateLimitKey> = counted.collect();
        if counted.is_empty() {
            return Vec::new();
        }
        let shared = match &self.0.shared {
            Some(shared) => shared.check(&counted).await,
            None => None,
        };
        shared.unwrap_or_else(|| self.0.local.check(&counted))
    }
}
