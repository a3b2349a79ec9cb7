//! Teams: written by administrators, read by all, in step with their members.

use crm_core::actor::Role;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase};
use user_management::teams::{NewTeam, TeamPatch, TeamQuery};
use user_management::users::{UserPatch, UserQuery};
use user_management::{Conflict, Error};

use crate::support::{conflict, pairs, service, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        teams_are_written_and_read,
        members_are_the_companys,
        both_sides_agree,
        pages_neither_skip_nor_repeat,
        a_team_is_part_of_another_but_not_of_itself,
    ]);
}

async fn teams_are_written_and_read(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, viewer) = service.member(&admin, "bob@acme.example", Role::Viewer).await;
    let (teams, seen) = (service.um.teams(&admin), service.um.teams(&viewer));
    assert!(matches!(seen.create(NewTeam::named("North")).await, Err(Error::Forbidden)));
    let north = NewTeam { manager_id: Some(admin.user), member_ids: Some(vec![bob.id]), ..NewTeam::named("North") };
    let north = teams.create(north).await.expect("a team");
    assert_eq!((north.version, north.manager_id, &north.member_ids[..]), (1, Some(admin.user), &[bob.id][..]));
    assert_eq!(conflict(teams.create(NewTeam::named("nörth")).await), Conflict::TeamNameTaken);
    assert_eq!(violations(teams.create(NewTeam::named(" ")).await), pairs(&[("/name", "required")]));

    service.wait(5);
    let patch = TeamPatch { name: Patch::Set("South".into()), manager_id: Patch::Clear, ..TeamPatch::default() };
    let south = teams.update(north.id, patch.clone(), Some(1)).await.expect("changed");
    assert_eq!((south.version, south.name.as_str(), south.manager_id), (2, "South", None));
    assert!(south.created_at == north.created_at && south.updated_at > north.updated_at);
    assert_eq!(teams.update(north.id, patch.clone(), Some(2)).await.expect("unchanged"), south);
    let stale = teams.update(north.id, TeamPatch { name: Patch::Set("X".into()), ..patch }, Some(1)).await;
    assert!(matches!(stale, Err(Error::Stale { current: 2 })));
    assert_eq!(seen.get(north.id).await.expect("a team"), south);
    assert!(matches!(seen.delete(north.id, None).await, Err(Error::Forbidden)));
    teams.delete(north.id, Some(2)).await.expect("deleted");
    assert!(matches!(teams.get(north.id).await, Err(Error::NotFound("team"))));
    assert!(service.um.users(&admin).get(bob.id).await.expect("a user").team_ids.is_empty());
}

async fn members_are_the_companys(database: TestDatabase) {
    let service = service(&database).await;
    let (_, ann) = service.company("Acme", "ann@acme.example").await;
    let (_, zoe) = service.company("Zoo", "zoe@zoo.example").await;
    let (gone, _) = service.member(&ann, "gone@acme.example", Role::Viewer).await;
    service.um.users(&ann).delete(gone.id, None).await.expect("removed");
    let teams = service.um.teams(&ann);
    let new = NewTeam {
        manager_id: Some(zoe.user),
        member_ids: Some(vec![ann.user, gone.id, zoe.user]),
        ..NewTeam::named("North")
    };
    let unknown = "user_unknown";
    let crowd = NewTeam { member_ids: Some(vec![ann.user; 501]), ..NewTeam::named("Crowd") };
    assert_eq!(violations(teams.create(crowd).await), pairs(&[("/memberIds", "too_long")]));
    let expected = [("/managerId", unknown), ("/memberIds/1", unknown), ("/memberIds/2", unknown)];
    assert_eq!(violations(teams.create(new).await), pairs(&expected));
    let north = teams.create(NewTeam::named("North")).await.expect("a team");
    let (theirs, patch) = (service.um.teams(&zoe), TeamPatch::default());
    assert!(matches!(theirs.get(north.id).await, Err(Error::NotFound("team"))));
    assert!(matches!(theirs.update(north.id, patch, None).await, Err(Error::NotFound("team"))));
    assert!(matches!(theirs.delete(north.id, None).await, Err(Error::NotFound("team"))));
    theirs.create(NewTeam::named("North")).await.expect("names are unique in a company only");
    let foreign = UserPatch { team_ids: Patch::Set(vec![north.id]), ..UserPatch::default() };
    let foreign = service.um.users(&zoe).update(zoe.user, foreign, None).await;
    assert_eq!(violations(foreign), pairs(&[("/teamIds/0", "team_unknown")]));
}

async fn both_sides_agree(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, _) = service.member(&admin, "bob@acme.example", Role::Viewer).await;
    let (teams, users) = (service.um.teams(&admin), service.um.users(&admin));
    let north = NewTeam { member_ids: Some(vec![bob.id]), ..NewTeam::named("North") };
    let north = teams.create(north).await.expect("a team");
    let joined = users.get(bob.id).await.expect("a user");
    assert_eq!((joined.version, &joined.team_ids[..]), (bob.version + 1, &[north.id][..]));
    let in_north = UserQuery { team_id: Some(north.id), ..UserQuery::default() };
    assert_eq!(service.emails(&admin, &in_north).await, ["bob@acme.example"]);

    let leave = UserPatch { team_ids: Patch::Clear, ..UserPatch::default() };
    users.update(bob.id, leave, Some(joined.version)).await.expect("left");
    let left = teams.get(north.id).await.expect("a team");
    assert_eq!((left.version, left.member_ids.len()), (2, 0));

    let led =
        TeamPatch { manager_id: Patch::Set(bob.id), member_ids: Patch::Set(vec![bob.id]), ..TeamPatch::default() };
    teams.update(north.id, led, None).await.expect("led");
    users.delete(bob.id, None).await.expect("removed");
    let left = teams.get(north.id).await.expect("a team");
    assert_eq!((left.manager_id, left.member_ids.len(), left.version), (None, 0, 4));
}

async fn pages_neither_skip_nor_repeat(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let teams = service.um.teams(&admin);
    for number in 0..7 {
        teams.create(NewTeam::named(format!("Team {number}"))).await.expect("a team");
    }
    let (mut names, mut request) = (Vec::new(), PageRequest::default().limit(3));
    loop {
        let page = teams.list(&TeamQuery::default(), &request).await.expect("a page");
        names.extend(page.data.into_iter().map(|team| team.name));
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(3),
            None => break,
        }
    }
    assert_eq!(names, (0..7).map(|number| format!("Team {number}")).collect::<Vec<_>>());
    let found = teams.list(&TeamQuery { q: Some("TEAM 3".into()) }, &PageRequest::default()).await.expect("a page");
    assert_eq!(found.data.len(), 1);
}

async fn a_team_is_part_of_another_but_not_of_itself(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (_, zoe) = service.company("Zoo", "zoe@zoo.example").await;
    let teams = service.um.teams(&admin);
    let foreign = service.um.teams(&zoe).create(NewTeam::named("Zoo")).await.expect("a team").id;
    let region = teams.create(NewTeam::named("Region")).await.expect("a team");
    let below = |parent| NewTeam { parent_id: Some(parent), ..NewTeam::named("North") };
    assert_eq!(violations(teams.create(below(foreign)).await), pairs(&[("/parentId", "team_unknown")]));
    let north = teams.create(below(region.id)).await.expect("a team below");
    assert_eq!(north.parent_id, Some(region.id));
    let part_of = |parent| TeamPatch { parent_id: Patch::Set(parent), ..TeamPatch::default() };
    for parent in [region.id, north.id] {
        let cycle = teams.update(region.id, part_of(parent), None).await;
        assert_eq!(violations(cycle), pairs(&[("/parentId", "team_cycle")]));
    }
    service.wait(5);
    let fed = service.um.directory_teams(None, None, 500).await.expect("teams");
    assert_eq!(fed.iter().find(|team| team.team_id == north.id).and_then(|team| team.parent_id), Some(region.id));
    teams.delete(region.id, None).await.expect("deleted");
    let alone = teams.get(north.id).await.expect("a team");
    assert_eq!((alone.parent_id, alone.version), (None, 2));
    let changed = Some(testkit::FixedClock::default_time() + std::time::Duration::from_secs(1));
    let fed = service.um.directory_teams(changed, None, 500).await.expect("teams");
    assert_eq!(fed.iter().map(|team| (team.team_id, team.parent_id)).collect::<Vec<_>>(), [(north.id, None)]);
}
