//! What is around a page: language, theme, menu, person.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;
use chrono::Utc;
use crm_core::actor::{Action, Actor, Resource};
use crm_core::preferences::{Density, Preferences, Theme};
use crm_web::RequestId;

use super::navigation::{self, Command, Entry, SHORTCUTS};
use super::notice::{self, Notice};
use super::visit::{Prefix, local_path};
use crate::base::assets::{ASSETS, Assets};
use crate::base::fields::Fields;
use crate::base::icons;
use crate::base::initials::{initials, tint};
use crate::base::language::Language;
use crate::base::moment::Calendar;
use crate::console::{Console, Mode};
use crate::session::{Held, cookie};

/// The person in the user menu.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub name: String,
    pub email: Option<String>,
    pub company: Option<String>,
    pub may_create: bool,
    /// Whether they add tasks.
    pub may_add_tasks: bool,
    /// Whether they add deals.
    pub may_add_deals: bool,
    /// Whether they add leads.
    pub may_add_leads: bool,
}

impl Person {
    pub(crate) fn initials(&self) -> String {
        initials(&self.name)
    }

    pub(crate) fn tint(&self) -> u32 {
        tint(&self.name)
    }
}

/// What is around a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub console: Console,
    pub prefix: Prefix,
    pub theme: Theme,
    pub density: Density,
    /// True if the side bar shows icons only.
    pub is_narrow: bool,
    pub calendar: Calendar,
    pub person: Option<Person>,
    /// The main menu.
    pub menu: Vec<Entry>,
    /// The page that choices of the menu come back to.
    pub here: String,
    /// The entry of the menu that the page belongs to.
    pub section: &'static str,
    /// What was just done.
    pub notice: Option<Notice>,
    /// True if htmx asks for it, which shows forms in a dialogue.
    pub is_live: bool,
    /// How many notifications are unread, on a page that shows them.
    pub unread: usize,
    /// What is searched for.
    pub search: String,
    pub request_id: String,
}

impl Frame {
    pub(crate) fn of(request: &HttpRequest, console: Console, actor: Option<&Actor>, zone: &str) -> Self {
        let cookie = |name| request.cookie(name).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
        let language = Language::of(&cookie(cookie::LANGUAGE)).or_else(|| accepted(request)).unwrap_or_default();
        let zone = zone.parse().unwrap_or(chrono_tz::UTC);
        let prefix = Prefix::of(request);
        let query = Fields::parse(request.query_string().as_bytes());
        // After a form the browser is sent to another page, so only what is read can be come back to.
        let here = Some(format!("{}{}", request.uri().path(), notice::without(&query).query()));
        let here = here.filter(|path| request.method().is_safe() && local_path(&prefix, path).is_some());
        Self {
            person: actor.map(|actor| person(request, &console, actor)),
            menu: actor.map(navigation::entries).unwrap_or_default(),
            theme: cookie(cookie::THEME).parse().unwrap_or(Theme::System),
            density: Density::Comfortable,
            is_narrow: false,
            calendar: Calendar { zone, language, now: Utc::now() },
            here: here.unwrap_or_else(|| format!("{}/", prefix.0)),
            section: "",
            notice: Notice::of(language, &prefix, &query),
            is_live: request.headers().contains_key("hx-request"),
            unread: 0,
            search: String::new(),
            request_id: RequestId::of(request).as_str().to_owned(),
            console,
            prefix,
        }
    }

    /// The same as a user wants it. What they have not chosen stays as the browser has it.
    pub(crate) fn preferring(mut self, preferences: &Preferences) -> Self {
        self.theme = preferences.theme.unwrap_or(self.theme);
        self.density = preferences.density.unwrap_or(self.density);
        self.is_narrow = preferences.sidebar_collapsed.unwrap_or_default();
        let language = preferences.language.as_deref().and_then(Language::of);
        self.calendar.language = language.unwrap_or(self.calendar.language);
        self
    }

    /// The same as part of this section.
    pub(crate) fn within(mut self, section: &'static str) -> Self {
        self.section = section;
        self
    }

    pub(crate) fn language(&self) -> Language {
        self.calendar.language
    }

    /// A text by its name.
    pub(crate) fn t(&self, name: &str) -> String {
        self.language().text(name)
    }

    /// A text whose name ends with a value: `status-` and `active`. Unknown values show themselves.
    pub(crate) fn named(&self, group: &str, value: &str) -> String {
        self.language().known(&format!("{group}-{value}")).unwrap_or_else(|| value.replace('_', " "))
    }

    /// A text that depends on a number.
    pub(crate) fn n(&self, name: &str, count: &usize) -> String {
        self.language().counted(name, *count)
    }

    /// A text with a value in it.
    pub(crate) fn w(&self, name: &str, value: &str) -> String {
        self.language().with(name, value)
    }

    /// The commands of the palette.
    pub(crate) fn commands(&self) -> Vec<Command> {
        let pages = self.menu.iter().map(|entry| Command {
            url: self.url(entry.path),
            icon: entry.icon,
            label: self.named(entry.section, "title"),
        });
        let add = self.person.as_ref().filter(|person| person.may_create).map(|_| Command {
            url: self.url("customers/new"),
            icon: "plus",
            label: self.t("customers-add"),
        });
        let person = self.person.as_ref();
        let may_add_tasks = person.is_some_and(|person| person.may_add_tasks);
        let add_task =
            may_add_tasks.then(|| Command { url: self.url("tasks/new"), icon: "plus", label: self.t("tasks-add") });
        let may_add_deals = person.is_some_and(|person| person.may_add_deals);
        let add_deal =
            may_add_deals.then(|| Command { url: self.url("deals/new"), icon: "plus", label: self.t("deals-add") });
        let may_add_leads = person.is_some_and(|person| person.may_add_leads);
        let add_lead =
            may_add_leads.then(|| Command { url: self.url("leads/new"), icon: "plus", label: self.t("leads-add") });
        add.into_iter().chain(add_lead).chain(add_task).chain(add_deal).chain(pages).collect()
    }

    /// The number at the bell, as short as it may be; nothing if all is read.
    pub(crate) fn bell(&self) -> Option<String> {
        const MOST: usize = 99;
        (self.unread > 0).then(|| if self.unread > MOST { format!("{MOST}+") } else { self.unread.to_string() })
    }

    /// The keys and the names of the messages for what they do.
    pub(crate) fn shortcuts(&self) -> &'static [(&'static str, &'static str)] {
        SHORTCUTS
    }

    /// Whether entries of the menu are behind the last one on a telephone.
    pub(crate) fn has_more(&self) -> bool {
        self.menu.iter().any(|entry| !entry.is_main)
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.prefix.0)
    }

    /// The SVG of an icon.
    pub(crate) fn icon(&self, name: &str) -> &'static str {
        icons::icon(name)
    }

    pub(crate) fn assets(&self) -> &'static Assets {
        &ASSETS
    }

    pub(crate) fn initials(&self, name: &str) -> String {
        initials(name)
    }

    pub(crate) fn tint(&self, name: &str) -> u32 {
        tint(name)
    }

    /// The names in forms, whether it is chosen, and the label, of each theme.
    pub(crate) fn themes(&self) -> Vec<(&'static str, bool, String)> {
        let choice = |theme: &Theme| (theme.as_str(), *theme == self.theme, self.named("theme", theme.as_str()));
        Theme::ALL.iter().map(choice).collect()
    }

    /// The codes of the languages, whether it is chosen, and what each calls itself.
    pub(crate) fn languages(&self) -> Vec<(&'static str, bool, &'static str)> {
        let choice = |language: Language| (language.code(), language == self.language(), language.name());
        Language::ALL.into_iter().map(choice).collect()
    }

    /// Where the user menu logs out, if it can.
    pub(crate) fn log_out(&self) -> Option<String> {
        match &self.console.mode {
            Mode::Own(_) => Some(self.url("log-out")),
            Mode::Host { log_out, .. } => log_out.clone(),
        }
    }
}

fn accepted(request: &HttpRequest) -> Option<Language> {
    Language::accepted(request.headers().get(ACCEPT_LANGUAGE)?.to_str().ok()?)
}

fn person(request: &HttpRequest, console: &Console, actor: &Actor) -> Person {
    use actix_web::HttpMessage;
    let told = console.company_name.as_ref().and_then(|name| name(actor.company()));
    let held = || request.extensions().get::<Held>().and_then(|held| held.company_name.clone());
    let email = actor.email().map(str::to_owned);
    Person {
        name: actor.display_name().map(str::to_owned).or_else(|| email.clone()).unwrap_or_else(|| "?".to_owned()),
        email,
        company: told.or_else(held),
        may_create: actor.reach(Resource::Customers, Action::Create).is_some(),
        may_add_tasks: actor.reach(Resource::Tasks, Action::Create).is_some(),
        may_add_deals: actor.reach(Resource::Deals, Action::Create).is_some(),
        may_add_leads: actor.reach(Resource::Leads, Action::Create).is_some(),
    }
}
