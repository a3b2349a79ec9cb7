//! The rules of quotas, and what the forecast makes of them.

use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::currency_rates::NewCurrencyRates;
use crm_core::deals::NewDeal;
use crm_core::ids::{TeamId, UserId};
use crm_core::money::{Currency, Money};
use crm_core::page::PageRequest;
use crm_core::quotas::{NewQuota, NewQuotas, QuotaQuery, SetQuotas};
use crm_core::stats::{ForecastGroup, ForecastMonth, ForecastQuery};
use crm_core::users::{TeamProfile, UserTeams};
use crm_core::{Crm, Error, Result};
use testkit::{FixedClock, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches, malformed, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_user_has_one_quota_a_month,
        all_faults_of_quotas_are_told_at_once,
        managers_set_quotas_and_all_users_read_them,
        a_forecast_compares_quotas_with_what_is_won,
        a_team_has_a_quota_of_its_own,
        a_forecast_by_team_has_the_teams_below,
        a_forecast_has_at_most_two_years,
    ]);
}

/// At noon of 1 June 2026, with two users.
async fn at_noon(database: &TestDatabase) -> Result<TestCrm> {
    let crm = TestCrm::with(database, Crm::builder().clock(FixedClock::default()));
    crm.ensure_mirrored(Role::SalesRep).await?;
    crm.ensure_mirrored(Role::Manager).await?;
    Ok(crm)
}

fn quota(user: UserId, month: &str, amount: &str) -> NewQuota {
    NewQuota::of(user, month.parse().expect("a month"), amount.parse().expect("an amount"))
}

fn none(user: UserId, month: &str) -> NewQuota {
    NewQuota { amount: None, ..quota(user, month, "0 EUR") }
}

async fn set(crm: &TestCrm, quotas: Vec<NewQuota>) -> Result<SetQuotas> {
    crm.scope(Role::Manager).quotas().set(NewQuotas { quotas }).await
}

/// As `2026-06 100.00 EUR`, the latest month first.
async fn listed(crm: &TestCrm, query: QuotaQuery) -> Result<Vec<String>> {
    let page = crm.scope(Role::Viewer).quotas().list(&query, &PageRequest::default().limit(100)).await?;
    Ok(page.data.iter().map(|quota| format!("{} {}", quota.month, quota.amount)).collect())
}

async fn a_user_has_one_quota_a_month(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database).await?;
    let (sam, max) = (crm.user(Role::SalesRep), crm.user(Role::Manager));
    let told = set(&crm, vec![quota(sam, "2026-07", "200 EUR"), quota(sam, "2026-06", "100 EUR")]).await?;
    assert_eq!(told.quotas.iter().map(|quota| quota.month.to_string()).collect::<Vec<_>>(), ["2026-06", "2026-07"]);
    let named = told.quotas[0].user.as_ref().and_then(|user| user.display_name.as_deref());
    assert_eq!((named, &told.quotas[0].team_id), (Some("The sales_rep"), &None));
    let before = crm.records().await?;
    set(&crm, vec![quota(sam, "2026-06", "100 EUR"), none(max, "2026-06")]).await?;
    assert_eq!(crm.records().await?, before, "what is there already writes nothing");
    set(&crm, vec![quota(sam, "2026-06", "150 USD"), quota(max, "2026-07", "50 EUR")]).await?;
    assert_eq!(
        listed(&crm, QuotaQuery { user: Some(sam), ..QuotaQuery::default() }).await?,
        ["2026-07 200.00 EUR", "2026-06 150.00 USD"]
    );
    let told = set(&crm, vec![none(sam, "2026-07"), quota(max, "2026-06", "1 EUR")]).await?;
    assert_eq!(told.quotas.len(), 1);
    let june = QuotaQuery { from: Some("2026-06".parse()?), to: Some("2026-06".parse()?), ..QuotaQuery::default() };
    assert_eq!(listed(&crm, june).await?.len(), 2);
    assert_eq!(
        listed(&crm, QuotaQuery { from: Some("2026-07".parse()?), ..QuotaQuery::default() }).await?,
        ["2026-07 50.00 EUR"]
    );
    Ok(())
}

async fn all_faults_of_quotas_are_told_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database).await?;
    let sam = crm.user(Role::SalesRep);
    let less = Money { amount: -1, currency: Currency::EUR };
    let bad = NewQuota { amount: Some(less), ..quota(sam, "2026-08", "0 EUR") };
    let faults = violations(set(&crm, vec![quota(sam, "2026-06", "1 EUR"), none(sam, "2026-06"), bad]).await);
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(faults, [fault("/quotas/1/month", "duplicate"), fault("/quotas/2/amount/amount", "out_of_range")]);
    assert_eq!(violations(set(&crm, Vec::new()).await), [fault("/quotas", "required")]);
    let many = (0..201_u128).map(|user| quota(UserId(Uuid::from_u128(user + 1)), "2026-06", "1 EUR")).collect();
    assert_eq!(violations(set(&crm, many).await), [fault("/quotas", "too_many")]);
    let stranger = crm.other_company().user(Role::SalesRep);
    let unknown = vec![quota(sam, "2026-06", "1 EUR"), quota(stranger, "2026-06", "1 EUR")];
    assert_eq!(violations(set(&crm, unknown).await), [fault("/quotas/1/userId", "user_unknown")]);
    assert_eq!(crm.count("crm_quotas").await?, 0, "nothing is half-written");
    Ok(())
}

async fn managers_set_quotas_and_all_users_read_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database).await?;
    let (sam, max) = (crm.user(Role::SalesRep), crm.user(Role::Manager));
    set(&crm, vec![quota(sam, "2026-06", "1 EUR"), quota(max, "2026-06", "2 EUR")]).await?;
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        let refused = crm.scope(role).quotas().set(NewQuotas { quotas: vec![none(sam, "2026-06")] }).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    }
    assert_eq!(listed(&crm, QuotaQuery::default()).await?.len(), 2);
    let own = crm.actor(Role::SalesRep).with_permissions([Permission::own(Resource::Quotas, Action::Read)]);
    let page = crm.crm.on(own, &crm.db).quotas().list(&QuotaQuery::default(), &PageRequest::default()).await?;
    assert_eq!(page.data.iter().map(|quota| quota.user_id).collect::<Vec<_>>(), [Some(sam)]);
    let nobody = crm.actor(Role::SalesRep).with_permissions([]);
    let refused = crm.crm.on(nobody, &crm.db).quotas().list(&QuotaQuery::default(), &PageRequest::default()).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    let other = crm.other_company();
    other.ensure_mirrored(Role::Viewer).await?;
    assert!(listed(&other, QuotaQuery::default()).await?.is_empty());
    Ok(())
}

async fn a_forecast_compares_quotas_with_what_is_won(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database).await?;
    let (sam, max) = (crm.user(Role::SalesRep), crm.user(Role::Manager));
    crm.admin().currency_rates().set(NewCurrencyRates::today([("USD".parse()?, "0.5".parse()?)])).await?;
    let customer = crm.named("Lee & Co").await?.id;
    let deal = NewDeal { amount: Some("75 EUR".parse()?), owner_id: Some(sam).into(), ..NewDeal::named("200 units") };
    let deal = crm.admin().deals().create(customer, deal).await?;
    crm.admin().deals().move_to(deal.id, crm_core::deals::DealMove::to("closed_won"), None).await?;
    set(&crm, vec![quota(sam, "2026-06", "100 EUR"), quota(max, "2026-06", "100 USD"), quota(max, "2026-07", "9 JPY")])
        .await?;
    let told = crm.scope(Role::Viewer).stats().forecast(&ForecastQuery::default()).await?;
    assert_eq!(told.months.len(), 6);
    let (june, july) = (&told.months[0], &told.months[1]);
    assert_eq!(june.totals.quotas.iter().map(ToString::to_string).collect::<Vec<_>>(), ["100.00 EUR", "100.00 USD"]);
    assert_eq!((june.totals.base_quota, june.totals.attainment), (Some("150 EUR".parse()?), Some(0.5)));
    let of = |user: UserId| june.users.iter().find(|row| row.user.as_ref().is_some_and(|one| one.id == user));
    assert_eq!(of(sam).and_then(|row| row.numbers.attainment), Some(0.75));
    assert_eq!(of(max).and_then(|row| row.numbers.attainment), Some(0.0));
    assert_eq!((july.totals.quotas.len(), july.totals.base_quota), (1, None), "nothing is known of the yen");
    let pipeline = Some(deal.pipeline_id);
    let of_pipeline = crm.admin().stats().forecast(&ForecastQuery { pipeline, ..ForecastQuery::default() }).await?;
    assert_eq!((of_pipeline.months[0].totals.closed.count, of_pipeline.months[0].totals.quotas.len()), (1, 0));
    let narrow = crm.actor(Role::Viewer).with_permissions([
        Permission::all(Resource::Customers, Action::Read),
        Permission::all(Resource::Deals, Action::Read),
    ]);
    let narrow = crm.crm.on(narrow, &crm.db).stats().forecast(&ForecastQuery::default()).await?;
    assert!(narrow.months.iter().all(|month| month.totals.quotas.is_empty()), "who may not read quotas sees none");
    Ok(())
}

/// A region without members, and the sales rep's team below it.
async fn with_teams(crm: &TestCrm) -> Result<[TeamId; 2]> {
    let [region, north] = [(); 2].map(|()| TeamId(Uuid::new_v4()));
    let directory = crm.crm.users_directory(&crm.db);
    let team = |id, name: &str, parent_id| TeamProfile { id, name: Some(name.to_owned()), parent_id, manager_id: None };
    directory.mirror_teams(crm.company, &[team(region, "Region", None), team(north, "North", Some(region))]).await?;
    let members = UserTeams { user_id: crm.user(Role::SalesRep), team_ids: vec![north] };
    directory.mirror_members(crm.company, &[members]).await?;
    Ok([region, north])
}

fn team_quota(team: TeamId, month: &str, amount: &str) -> NewQuota {
    NewQuota::of_team(team, month.parse().expect("a month"), amount.parse().expect("an amount"))
}

async fn a_team_has_a_quota_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database).await?;
    let sam = crm.user(Role::SalesRep);
    let [region, north] = with_teams(&crm).await?;
    let told = set(&crm, vec![team_quota(region, "2026-06", "300 EUR"), quota(sam, "2026-06", "100 EUR")]).await?;
    let of_team = told.quotas.iter().find(|quota| quota.team_id == Some(region)).expect("the quota of the team");
    assert_eq!(of_team.team.as_ref().and_then(|team| team.name.as_deref()), Some("Region"));
    assert_eq!((of_team.user_id, &of_team.user), (None, &None));
    assert_eq!(listed(&crm, QuotaQuery::default()).await?.len(), 2);
    let of_region = QuotaQuery { team: Some(region), ..QuotaQuery::default() };
    assert_eq!(listed(&crm, of_region).await?, ["2026-06 300.00 EUR"]);
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    let stranger = TeamId(Uuid::new_v4());
    let unknown = set(&crm, vec![team_quota(north, "2026-06", "1 EUR"), team_quota(stranger, "2026-06", "1 EUR")]);
    assert_eq!(violations(unknown.await), [fault("/quotas/1/teamId", "team_unknown")]);
    let both = NewQuota { team_id: Some(north), ..quota(sam, "2026-07", "1 EUR") };
    let neither = NewQuota { user_id: None, ..quota(sam, "2026-07", "1 EUR") };
    let faults = violations(set(&crm, vec![both, neither]).await);
    assert_eq!(faults, [fault("/quotas/0/teamId", "unexpected"), fault("/quotas/1/userId", "required")]);
    let removed = NewQuota { amount: None, ..team_quota(region, "2026-06", "0 EUR") };
    assert!(set(&crm, vec![removed]).await?.quotas.is_empty());
    let other = crm.other_company();
    other.ensure_mirrored(Role::Manager).await?;
    let theirs = set(&other, vec![team_quota(region, "2026-06", "1 EUR")]).await;
    assert_eq!(violations(theirs), [fault("/quotas/0/teamId", "team_unknown")]);
    Ok(())
}

/// As `North 75.00 EUR of 150.00 EUR`, by name, and the row of no team last.
fn by_team(month: &ForecastMonth) -> Vec<String> {
    let row = |row: &crm_core::stats::ForecastTeam| {
        let name = row.team.as_ref().map_or(Some("none"), |team| team.name.as_deref()).unwrap_or("?");
        let quota = row.numbers.base_quota.map_or_else(|| "nothing".to_owned(), |quota| quota.to_string());
        format!("{name} {} of {quota}", row.numbers.closed.base_amount)
    };
    month.teams.iter().map(row).collect()
}

async fn a_forecast_by_team_has_the_teams_below(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database).await?;
    let (sam, max) = (crm.user(Role::SalesRep), crm.user(Role::Manager));
    let [region, north] = with_teams(&crm).await?;
    let customer = crm.named("Lee & Co").await?.id;
    for (owner, amount) in [(Some(sam), "75 EUR"), (Some(max), "20 EUR"), (None, "5 EUR")] {
        let new = NewDeal { amount: Some(amount.parse()?), owner_id: owner.into(), ..NewDeal::named("200 units") };
        let deal = crm.admin().deals().create(customer, new).await?;
        crm.admin().deals().move_to(deal.id, crm_core::deals::DealMove::to("closed_won"), None).await?;
    }
    let quotas = vec![
        team_quota(region, "2026-06", "300 EUR"),
        team_quota(north, "2026-07", "9 EUR"),
        quota(sam, "2026-06", "50 EUR"),
    ];
    set(&crm, quotas).await?;
    let query = ForecastQuery { group_by: ForecastGroup::Team, ..ForecastQuery::default() };
    let told = crm.scope(Role::Viewer).stats().forecast(&query).await?;
    let (june, july) = (&told.months[0], &told.months[1]);
    assert_eq!(
        by_team(june),
        ["North 75.00 EUR of nothing", "Region 75.00 EUR of 300.00 EUR", "none 25.00 EUR of nothing"]
    );
    assert_eq!(by_team(july), ["North 0.00 EUR of 9.00 EUR"]);
    assert_eq!((june.teams[1].numbers.attainment, june.users.len()), (Some(0.25), 0));
    assert_eq!((june.totals.closed.count, june.totals.base_quota), (3, Some("50 EUR".parse()?)));
    let by_user = crm.scope(Role::Viewer).stats().forecast(&ForecastQuery::default()).await?;
    assert_eq!((by_user.months[0].users.len(), by_user.months[0].teams.len()), (3, 0));
    let of_sam = ForecastQuery { owner: Some(crm_core::users::OwnerFilter::User(sam)), ..query };
    let of_sam = crm.scope(Role::Viewer).stats().forecast(&of_sam).await?;
    assert_eq!(by_team(&of_sam.months[0]), ["North 75.00 EUR of nothing", "Region 75.00 EUR of nothing"]);
    Ok(())
}

async fn a_forecast_has_at_most_two_years(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database).await?;
    let mut admin = crm.admin();
    for (from, to) in [("2026-06", "2026-05"), ("2026-06", "2028-06")] {
        let query = ForecastQuery { from: Some(from.parse()?), to: Some(to.parse()?), ..ForecastQuery::default() };
        assert_eq!(malformed(admin.stats().forecast(&query).await), "parameter_invalid", "{from} to {to}");
    }
    let most =
        ForecastQuery { from: Some("2026-06".parse()?), to: Some("2028-05".parse()?), ..ForecastQuery::default() };
    assert_eq!(admin.stats().forecast(&most).await?.months.len(), 24);
    Ok(())
}
