//! Companies and users of another system: ids and passwords are kept.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use testkit::{Suite, TestDatabase};
use user_management::users::{ImportedUser, UserStatus};
use user_management::{AccessChange, Conflict};
use uuid::Uuid;

use crate::auth_support::{ANN, PASSWORD, World, client, code, login};
use crate::support::{caller, conflict, pairs, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        ids_and_passwords_are_kept,
        what_is_no_hash_is_refused,
        a_second_import_changes_nothing,
        ids_and_addresses_belong_together,
        an_account_joins_another_company_as_it_is,
        companies_keep_their_ids,
    ]);
}

fn imported(email: &str, hash: Option<&str>) -> ImportedUser {
    ImportedUser {
        id: None,
        email: email.to_owned(),
        name: Some("Bea Bold".to_owned()),
        role: Role::Manager,
        password_hash: hash.map(|hash| hash.to_owned().into()),
    }
}

/// A hash with these parameters of Argon2.
fn argon2(algorithm: Algorithm, memory: u32, passes: u32) -> String {
    let params = Params::new(memory, passes, 1, None).unwrap();
    Argon2::new(algorithm, Version::V0x13, params).hash_password(PASSWORD.as_bytes()).unwrap().to_string()
}

impl World {
    async fn hash_of(&self, user: UserId) -> Option<String> {
        self.get("um_users", user.0, "password_hash").await.try_get_by_index(0).unwrap()
    }

    /// How many companies, accounts, memberships and entries of the audit trail there are.
    async fn counts(&self) -> [usize; 4] {
        let tables = ["um_companies", "um_users", "um_memberships", "um_audit_entries"];
        let mut counts = [0; 4];
        for (count, table) in counts.iter_mut().zip(tables) {
            *count = self.count(table).await;
        }
        counts
    }
}

async fn ids_and_passwords_are_kept(database: TestDatabase) {
    let world = World::new(&database).await;
    let bcrypt = bcrypt::hash(PASSWORD, 4).unwrap();
    let (usual, weak) = (argon2(Algorithm::Argon2id, 19 * 1024, 2), argon2(Algorithm::Argon2id, 1024, 1));
    for (number, (hash, is_replaced)) in [
        (usual, false),
        (weak, true),
        (argon2(Algorithm::Argon2i, 1024, 3), true),
        (argon2(Algorithm::Argon2d, 1024, 3), true),
        (bcrypt.replacen("$2b$", "$2a$", 1), true),
        (bcrypt.replacen("$2b$", "$2y$", 1), true),
        (bcrypt, true),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, email) = (UserId(Uuid::new_v4()), format!("Bea{number}@Example.com"));
        let new = ImportedUser { id: Some(id), ..imported(&email, Some(&hash)) };
        world.um.import_user(world.company, new).await.expect("imported");
        assert_eq!(world.told.take(), [AccessChange::ProfileChanged { company: world.company, user: id }]);
        let ann = caller(world.company, world.ann, Role::Admin);
        let user = world.um.users(&ann).get(id).await.expect("a user");
        assert_eq!((user.email.as_str(), user.name.as_deref()), (&*email.to_lowercase(), Some("Bea Bold")));
        assert_eq!((user.role, user.status), (Role::Manager, UserStatus::Active));
        assert_eq!(world.hash_of(id).await.as_deref(), Some(hash.as_str()), "kept as it is");
        let wrong = user_management::sessions::Login { password: "another password".into(), ..login(&email) };
        assert_eq!(code(world.um.login(wrong, &client()).await), "credentials_invalid", "{number}");
        assert_eq!(world.um.login(login(&email), &client()).await.expect("signed in").user.id, id, "{number}");
        let stored = world.hash_of(id).await.expect("a hash");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{number}: {stored}");
        assert_eq!(stored != hash, is_replaced, "{number}");
        world.um.login(login(&email), &client()).await.expect("the hash that it is now");
    }
}

async fn what_is_no_hash_is_refused(database: TestDatabase) {
    let world = World::new(&database).await;
    let before = world.counts().await;
    let bcrypt = bcrypt::hash(PASSWORD, 4).unwrap();
    for hash in [
        "",
        PASSWORD,
        // MD5, SHA-1, and those of Unix and of Django.
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.",
        "pbkdf2_sha256$600000$salt$aGFzaA==",
        // A broken library, and what would take minutes or all memory.
        &bcrypt.replacen("$2b$", "$2x$", 1),
        &bcrypt.replacen("$04$", "$31$", 1),
        &argon2(Algorithm::Argon2id, 1024, 1).replacen("m=1024", "m=4000000", 1),
        "$argon2id$",
        &bcrypt[..bcrypt.len() - 1],
    ] {
        let refused = world.um.import_user(world.company, imported("bea@example.com", Some(hash))).await;
        assert_eq!(violations(refused), pairs(&[("/passwordHash", "password_hash_unknown")]), "{hash}");
    }
    let bad = ImportedUser { name: Some("a\nb".to_owned()), ..imported("no address", Some("plain")) };
    let mut faults = violations(world.um.import_user(world.company, bad).await);
    faults.sort();
    let expected =
        [("/email", "email_invalid"), ("/name", "control_character"), ("/passwordHash", "password_hash_unknown")];
    assert_eq!(faults, pairs(&expected), "all at once");
    let nowhere = CompanyId(Uuid::new_v4());
    assert_eq!(code(world.um.import_user(nowhere, imported("bea@example.com", None)).await), "company_unknown");
    assert_eq!((world.counts().await, world.told.take()), (before, Vec::new()), "nothing is half-written");
}

async fn a_second_import_changes_nothing(database: TestDatabase) {
    let world = World::new(&database).await;
    let (id, hash) = (UserId(Uuid::new_v4()), argon2(Algorithm::Argon2id, 19 * 1024, 2));
    let new = ImportedUser { id: Some(id), ..imported("bea@example.com", Some(&hash)) };
    world.um.import_user(world.company, new.clone()).await.expect("imported");
    let (before, _) = (world.counts().await, world.told.take());
    let changed = ImportedUser {
        name: Some("Other".to_owned()),
        role: Role::Admin,
        password_hash: Some(bcrypt::hash("another password", 4).unwrap().into()),
        ..new
    };
    for again in [changed.clone(), ImportedUser { id: None, ..changed }] {
        world.um.import_user(world.company, again).await.expect("nothing to do");
    }
    let ann = caller(world.company, world.ann, Role::Admin);
    let user = world.um.users(&ann).get(id).await.expect("a user");
    assert_eq!((user.name.as_deref(), user.role, user.version), (Some("Bea Bold"), Role::Manager, 1));
    assert_eq!(world.hash_of(id).await, Some(hash));
    assert_eq!((world.counts().await, world.told.take()), (before, Vec::new()));
}

async fn ids_and_addresses_belong_together(database: TestDatabase) {
    let world = World::new(&database).await;
    let before = world.counts().await;
    // The address of an account with another id.
    let other_id = ImportedUser { id: Some(UserId(Uuid::new_v4())), ..imported(ANN, None) };
    assert_eq!(conflict(world.um.import_user(world.company, other_id).await), Conflict::UserEmailTaken);
    // The id of an account with another address.
    let other_address = ImportedUser { id: Some(world.ann), ..imported("bea@example.com", None) };
    let refused = world.um.import_user(world.company, other_address).await;
    assert_eq!(violations(refused), pairs(&[("/id", "id_taken")]));
    assert_eq!(world.counts().await, before);
    // Neither tells anything about the account itself.
    world.um.login(login(ANN), &client()).await.expect("as before");
}

async fn an_account_joins_another_company_as_it_is(database: TestDatabase) {
    let world = World::new(&database).await;
    let zoo = world.add_company("Zoo").await;
    let hash = bcrypt::hash("another password", 4).unwrap();
    world.um.import_user(zoo, imported(ANN, Some(&hash))).await.expect("imported");
    let signed_in = world.um.login(login(ANN), &client()).await.expect("with the password that it had");
    assert_eq!(signed_in.user.id, world.ann);
    let there = user_management::sessions::Login { company: Some("Zoo".to_owned()), ..login(ANN) };
    world.um.login(there, &client()).await.expect("there too");
    // Without a password nobody signs in.
    world.um.import_user(zoo, imported("bea@example.com", None)).await.expect("imported");
    assert_eq!(code(world.um.login(login("bea@example.com"), &client()).await), "credentials_invalid");
}

async fn companies_keep_their_ids(database: TestDatabase) {
    let world = World::new(&database).await;
    let id = CompanyId(Uuid::new_v4());
    assert_eq!(violations(world.um.import_company(id, " ").await), pairs(&[("/name", "required")]));
    for (name, told) in [("Zoo", vec![AccessChange::CompanyChanged { company: id, ended: false }]), ("Other", vec![])] {
        world.um.import_company(id, name).await.expect("imported");
        assert_eq!(world.told.take(), told, "{name}");
    }
    let name: String = world.get("um_companies", id.0, "name").await.try_get_by_index(0).unwrap();
    assert_eq!(name, "Zoo");
}
