//! Whose records users see: the rule in plain words, over a population of users, teams and records.

use std::collections::{BTreeMap, BTreeSet};

use crm_core::actor::{Actor, Role};
use crm_core::companies::{RecordAccess, SettingsPatch};
use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::deals::{DealQuery, NewDeal};
use crm_core::ids::{TeamId, UserId};
use crm_core::leads::{LeadQuery, NewLead};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskQuery};
use crm_core::users::{TeamProfile, UserProfile, UserTeams};
use crm_core::{CompanyScope, begin_write};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::chance::Chance;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        lists_are_those_of_a_plain_evaluation,
        teams_in_a_circle_end,
        a_hosts_transaction_sees_the_teams_that_it_finds,
        what_the_directory_repeats_is_not_written_again,
        who_could_change_it_sees_all,
    ]);
}

const USERS: usize = 8;
const TEAMS: usize = 6;
const RECORDS: usize = 24;

/// Users and teams by number.
struct Population {
    crm: TestCrm,
    users: Vec<UserId>,
    teams: Vec<TeamProfile>,
    members: BTreeMap<UserId, BTreeSet<TeamId>>,
}

impl Population {
    async fn new(database: &TestDatabase, chance: &mut Chance) -> anyhow::Result<Self> {
        let crm = TestCrm::new(database);
        let users: Vec<UserId> = (0..USERS).map(|_| UserId(Uuid::new_v4())).collect();
        let ids: Vec<TeamId> = (0..TEAMS).map(|_| TeamId(Uuid::new_v4())).collect();
        let mut teams = Vec::new();
        for (number, id) in ids.iter().enumerate() {
            // Part of an earlier one, so that there is no circle.
            let parent_id = (number > 0 && !chance.once_in(3)).then(|| ids[chance.below(number)]);
            let manager_id = (!chance.once_in(3)).then(|| users[chance.below(USERS)]);
            teams.push(TeamProfile { id: *id, name: None, parent_id, manager_id });
        }
        let members = users.iter().map(|user| {
            let of = ids.iter().filter(|_| chance.once_in(4)).copied().collect();
            (*user, of)
        });
        let members = members.collect();
        let all = Self { crm, users, teams, members };
        all.mirror().await?;
        Ok(all)
    }

    async fn mirror(&self) -> crm_core::Result<()> {
        let directory = self.crm.crm.users_directory(&self.crm.db);
        let profile = |id: &UserId| UserProfile { id: *id, display_name: None, email: None, is_active: true };
        directory.mirror(self.crm.company, &self.users.iter().map(profile).collect::<Vec<_>>()).await?;
        directory.mirror_teams(self.crm.company, &self.teams).await?;
        let teams = |(user, teams): (&UserId, &BTreeSet<TeamId>)| UserTeams {
            user_id: *user,
            team_ids: teams.iter().copied().collect(),
        };
        directory.mirror_members(self.crm.company, &self.members.iter().map(teams).collect::<Vec<_>>()).await
    }

    fn scope(&self, user: UserId) -> CompanyScope<'static> {
        self.crm.crm.on(Actor::user(self.crm.company, user, Role::SalesRep), &self.crm.db)
    }

    async fn allow(&self, access: RecordAccess) -> crm_core::Result<()> {
        let patch = SettingsPatch { record_access: Patch::Set(access), ..SettingsPatch::default() };
        self.crm.admin().settings().update(patch, None).await.map(drop)
    }

    /// Whether a team is this one, or below it.
    fn is_within(&self, team: TeamId, above: TeamId) -> bool {
        let parent = |team: &TeamId| self.teams.iter().find(|one| one.id == *team).and_then(|one| one.parent_id);
        std::iter::successors(Some(team), parent).any(|team| team == above)
    }

    /// Whether a user sees the records of an owner.
    fn sees(&self, access: RecordAccess, user: UserId, owner: Option<UserId>) -> bool {
        let Some(owner) = owner else { return true };
        let (mine, theirs) = (&self.members[&user], &self.members[&owner]);
        let led: Vec<TeamId> =
            self.teams.iter().filter(|team| team.manager_id == Some(user)).map(|team| team.id).collect();
        let is_below = |team: &TeamId| led.iter().any(|led| self.is_within(*team, *led));
        let manages_below = self.teams.iter().any(|team| team.manager_id == Some(owner) && is_below(&team.id));
        access == RecordAccess::Company
            || owner == user
            || theirs.iter().any(is_below)
            || manages_below
            || (access == RecordAccess::Team && !mine.is_disjoint(theirs))
    }
}

async fn lists_are_those_of_a_plain_evaluation(database: TestDatabase) -> anyhow::Result<()> {
    let mut chance = Chance::new(Chance::seed() + 27);
    let all = Population::new(&database, &mut chance).await?;
    let mut admin = all.crm.admin();
    let someone = |chance: &mut Chance| (!chance.once_in(5)).then(|| all.users[chance.below(USERS)]);
    let (mut customers, mut deals, mut leads, mut tasks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 0..RECORDS {
        let owner_id = someone(&mut chance);
        let new = NewCustomer { owner_id, ..NewCustomer::organization(format!("Customer {number}")) };
        let customer = admin.customers().create(new).await?;
        let owner = someone(&mut chance);
        let new = NewDeal { owner_id: owner.into(), ..NewDeal::named(format!("Deal {number}")) };
        deals.push((admin.deals().create(customer.id, new).await?.id, [owner, owner_id]));
        customers.push((customer.id, owner_id));
        let owner_id = someone(&mut chance);
        let new = NewLead { owner_id, ..NewLead::person("Lead", number.to_string()) };
        leads.push((admin.leads().create(new).await?.id, owner_id));
        let (assignee, collaborator) = (someone(&mut chance), someone(&mut chance));
        let new = NewTask {
            assignee_id: assignee.map_or(Patch::Clear, Patch::Set),
            collaborator_ids: Some(collaborator.into_iter().collect()),
            ..NewTask::titled(format!("Task {number}"))
        };
        tasks.push((admin.tasks().create(new).await?.id, assignee, collaborator));
    }
    let request = PageRequest::default().limit(100);
    for access in [RecordAccess::Team, RecordAccess::Own, RecordAccess::Company] {
        all.allow(access).await?;
        for user in all.users.iter().copied() {
            let sees = |owner: Option<UserId>| all.sees(access, user, owner);
            let mut scope = all.scope(user);
            let seen = scope.customers().list(&CustomerQuery::default(), &request).await?;
            let seen: BTreeSet<_> = seen.data.iter().map(|customer| customer.id).collect();
            let expected: BTreeSet<_> = customers.iter().filter(|(_, owner)| sees(*owner)).map(|(id, _)| *id).collect();
            assert_eq!(seen, expected, "customers, {access}");
            let seen = scope.deals().list(&DealQuery::default(), &request).await?;
            let seen: BTreeSet<_> = seen.data.iter().map(|deal| deal.id).collect();
            let expected = deals.iter().filter(|(_, owners)| owners.iter().all(|owner| sees(*owner)));
            assert_eq!(seen, expected.map(|(id, _)| *id).collect::<BTreeSet<_>>(), "deals, {access}");
            let seen = scope.leads().list(&LeadQuery::default(), &request).await?;
            let seen: BTreeSet<_> = seen.data.iter().map(|lead| lead.id).collect();
            let expected: BTreeSet<_> = leads.iter().filter(|(_, owner)| sees(*owner)).map(|(id, _)| *id).collect();
            assert_eq!(seen, expected, "leads, {access}");
            let seen = scope.tasks().list(&TaskQuery::default(), &request).await?;
            let seen: BTreeSet<_> = seen.data.iter().map(|task| task.id).collect();
            let expected = tasks.iter().filter(|(_, assignee, with)| sees(*assignee) || *with == Some(user));
            assert_eq!(seen, expected.map(|(id, ..)| *id).collect::<BTreeSet<_>>(), "tasks, {access}");
        }
    }
    Ok(())
}

/// One user who manages a team with this parent, and another who is in it.
async fn pair(database: &TestDatabase) -> anyhow::Result<Population> {
    let crm = TestCrm::new(database);
    let users: Vec<UserId> = (0..2).map(|_| UserId(Uuid::new_v4())).collect();
    let team = TeamId(Uuid::new_v4());
    let teams = vec![TeamProfile { id: team, name: None, parent_id: None, manager_id: Some(users[0]) }];
    let members = BTreeMap::from([(users[0], BTreeSet::new()), (users[1], BTreeSet::from([team]))]);
    let all = Population { crm, users, teams, members };
    all.mirror().await?;
    let new = NewCustomer { owner_id: Some(all.users[1]), ..NewCustomer::organization("Lee & Co") };
    all.crm.create(new).await?;
    all.allow(RecordAccess::Own).await?;
    Ok(all)
}

async fn seen(scope: &mut CompanyScope<'_>) -> crm_core::Result<usize> {
    Ok(scope.customers().list(&CustomerQuery::default(), &PageRequest::default()).await?.data.len())
}

async fn teams_in_a_circle_end(database: TestDatabase) -> anyhow::Result<()> {
    let mut all = pair(&database).await?;
    let above = TeamId(Uuid::new_v4());
    all.teams.push(TeamProfile { id: above, name: None, parent_id: Some(all.teams[0].id), manager_id: None });
    all.teams[0].parent_id = Some(above);
    all.mirror().await?;
    assert_eq!([seen(&mut all.scope(all.users[0])).await?, seen(&mut all.scope(all.users[1])).await?], [1, 1]);
    Ok(())
}

async fn a_hosts_transaction_sees_the_teams_that_it_finds(database: TestDatabase) -> anyhow::Result<()> {
    let mut all = pair(&database).await?;
    let (crm, manager) = (&all.crm, all.users[0]);
    let actor = Actor::user(crm.company, manager, Role::SalesRep);
    let mut tx = begin_write(&crm.db).await?;
    assert_eq!(seen(&mut crm.crm.within(actor.clone(), &mut tx)).await?, 1);
    tx.commit().await?;
    all.teams[0].manager_id = None;
    all.mirror().await?;
    assert_eq!(seen(&mut all.scope(manager)).await?, 0, "a change of teams takes effect at once in this process");
    let elsewhere = all.crm.other_process();
    assert_eq!(seen(&mut elsewhere.crm.on(actor, &elsewhere.db)).await?, 0);
    Ok(())
}

async fn what_the_directory_repeats_is_not_written_again(database: TestDatabase) -> anyhow::Result<()> {
    let mut all = pair(&database).await?;
    let before = [all.crm.dump("crm_teams").await?, all.crm.dump("crm_team_members").await?];
    all.mirror().await?;
    assert_eq!([all.crm.dump("crm_teams").await?, all.crm.dump("crm_team_members").await?], before);
    let member = all.users[1];
    all.members.insert(member, BTreeSet::from([TeamId(Uuid::new_v4()), TeamId(Uuid::new_v4())]));
    all.mirror().await?;
    assert_eq!(all.crm.count("crm_team_members").await?, 2);
    all.members.insert(member, BTreeSet::new());
    all.mirror().await?;
    assert_eq!(all.crm.count("crm_team_members").await?, 0);
    Ok(())
}

async fn who_could_change_it_sees_all(database: TestDatabase) -> anyhow::Result<()> {
    let all = pair(&database).await?;
    assert_eq!(seen(&mut all.crm.admin()).await?, 1);
    assert_eq!(seen(&mut all.crm.crm.on(Actor::system(all.crm.company), &all.crm.db)).await?, 1);
    for role in [Role::Manager, Role::SalesRep, Role::Support, Role::Viewer] {
        assert_eq!(seen(&mut all.crm.scope(role)).await?, 0, "{role}");
    }
    Ok(())
}
