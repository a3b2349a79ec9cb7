//! Pipelines in the settings: their stages are added, put into order and archived, and what stands in the way is told.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::deals::NewDeal;
use crm_core::ids::PipelineId;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::{NewPipeline, NewPipelineStage, Pipeline, PipelinePatch, PipelineQuery, RequiredField};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_pipeline_is_added_with_its_stages,
        stages_are_put_into_order,
        what_a_stage_requires_stays,
        faults_stand_with_their_stage,
        stages_are_renamed_coloured_and_archived,
        a_stage_with_deals_stays,
        another_becomes_the_default,
        a_pipeline_is_archived_and_deleted,
        a_change_of_another_person_is_told,
        roles_do_what_they_may,
        another_companys_are_not_found,
        texts_are_escaped,
    ]);
}

const LIST: &str = "/settings/pipelines";

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn add(database: &TestDatabase, person: Person, name: &str) -> Pipeline {
    person.scope(database).pipelines().create(NewPipeline::named(name)).await.unwrap()
}

async fn read(database: &TestDatabase, person: Person, id: PipelineId) -> Pipeline {
    person.scope(database).pipelines().get(id).await.unwrap()
}

async fn all(database: &TestDatabase, person: Person) -> Vec<Pipeline> {
    let mut scope = person.scope(database);
    scope.pipelines().list(&PipelineQuery::default(), &PageRequest::default()).await.unwrap().data
}

/// A deal in the first stage of the default pipeline.
async fn sell(database: &TestDatabase, person: Person) {
    let mut scope = person.scope(database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
    scope.deals().create(lee, NewDeal::named("200 units")).await.unwrap();
}

/// What the form of a pipeline sends, as it was read.
fn fields_of(pipeline: &Pipeline) -> Vec<(String, String)> {
    let mut fields =
        vec![("version".to_owned(), pipeline.version.to_string()), ("name".to_owned(), pipeline.name.clone())];
    for stage in &pipeline.stages {
        let key = stage.id.to_string();
        fields.push(("row".to_owned(), key.clone()));
        for (name, value) in [
            ("id", key.clone()),
            ("name", stage.name.clone()),
            ("kind", stage.kind.to_string()),
            ("probability", stage.probability.to_string()),
        ] {
            fields.push((format!("{name}-{key}"), value));
        }
    }
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The names of the stages in the form of a page.
fn names(page: &Answer) -> Vec<String> {
    let rows = page.body.split("class=\"line stage-name\"").skip(1);
    rows.map(|row| row.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

async fn a_pipeline_is_added_with_its_stages(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    assert!(ok(&browser, LIST).await.has("No pipelines yet"));
    let form = ok(&browser, &format!("{LIST}/new")).await;
    assert_eq!(names(&form), ["Qualification", "Proposal", "Won", "Lost"]);
    let fields = [
        ("name", "Renewals"),
        ("description", "Contracts that end"),
        ("row", "new0"),
        ("name-new0", "Due"),
        ("kind-new0", "open"),
        ("probability-new0", "80"),
        ("rottenDays-new0", "30"),
        ("color-new0", "#0369a1"),
        ("row", "new1"),
        ("name-new1", "Renewed"),
        ("kind-new1", "won"),
        // What is hidden for a stage that is won is not sent on.
        ("probability-new1", "50"),
    ];
    let list = browser.submit(LIST, &fields).await;
    assert!(list.has("The pipeline was added.") && list.has("Contracts that end") && list.has("fill=\"#0369a1\""));
    assert!(list.has(">Default<"), "the first is the default");
    let pipeline = all(&database, person).await.remove(0);
    let stages: Vec<_> = pipeline.stages.iter().map(|stage| (stage.code.as_str(), stage.probability)).collect();
    assert_eq!((pipeline.is_default, stages), (true, vec![("due", 80), ("renewed", 100)]));
    assert_eq!(pipeline.stages[0].rotten_days, Some(30));
    assert!(ok(&browser, &list.after("class=\"row-actions\"", "href")).await.has("Renewed"), "its board");
    let taken = browser.post(LIST, &[&[("name", "RENEWALS")][..], &fields[1..]].concat()).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        taken.has("id=\"name-fault\"") && taken.has("Another pipeline has this name.") && taken.has("value=\"Due\"")
    );
}

async fn stages_are_put_into_order(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let pipeline = add(&database, person, "Sales").await;
    let path = format!("{LIST}/{}", pipeline.id);
    let keys: Vec<String> = pipeline.stages.iter().map(|stage| stage.id.to_string()).collect();
    let held = fields_of(&pipeline);
    let step = async |more: &[(&str, &str)]| {
        let answer = browser.post(&path, &[&borrowed(&held)[..], more].concat()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer
    };
    let moved = step(&[("down", &*keys[0])]).await;
    assert_eq!(names(&moved)[..3], ["Needs analysis", "Qualification", "Proposal"]);
    assert!(
        moved.has("aria-label=\"Move down: Qualification\" title=\"Move down: Qualification\" autofocus data-focus")
    );
    // At the end of its way, a stage can only go back.
    let top = step(&[("up", &*keys[1])]).await;
    assert!(
        top.has("aria-label=\"Move down: Needs analysis\" title=\"Move down: Needs analysis\" autofocus data-focus")
    );
    for end in [("up", &*keys[0]), ("down", &*keys[5]), ("down", "nonsense")] {
        assert_eq!(names(&step(&[end]).await)[0], "Qualification");
    }
    assert_eq!(names(&step(&[("without", &*keys[1])]).await)[..2], ["Qualification", "Proposal"]);
    let grown = step(&[("add", "1")]).await;
    assert_eq!((names(&grown).len(), names(&grown)[6].as_str()), (7, ""));
    assert!(grown.has("name=\"kind-new0\"") && grown.has("name=\"name-new0\""));
    // Nothing of this is kept before it is saved; a form that goes on keeps its version.
    assert_eq!(read(&database, person, pipeline.id).await.version, 1);
    assert_eq!(grown.after("name=\"version\"", "value"), "1");
    // The order in which rows are sent is the one that is kept.
    let mut fields = held.clone();
    let (first, rest) = fields.split_at_mut(7);
    first[2..].swap_with_slice(&mut rest[..5]);
    assert!(browser.submit(&path, &borrowed(&fields)).await.has("The pipeline was saved."));
    let after = read(&database, person, pipeline.id).await;
    assert_eq!(
        (after.version, after.stages[0].name.as_str(), after.stages[1].name.as_str()),
        (2, "Needs analysis", "Qualification")
    );
    assert_eq!(after.stages[0].id, pipeline.stages[1].id);
}

async fn what_a_stage_requires_stays(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let pipeline = add(&database, person, "Sales").await;
    let mut stages: Vec<NewPipelineStage> = pipeline.stages.iter().map(Into::into).collect();
    stages[0].required_fields = Some(vec![RequiredField::Amount]);
    let patch = PipelinePatch { stages: Patch::Set(stages), ..PipelinePatch::default() };
    let pipeline = person.scope(&database).pipelines().update(pipeline.id, patch, None).await.unwrap();
    let browser = browser(&database, person).await;
    let path = format!("{LIST}/{}", pipeline.id);
    let name = format!("required-{}", pipeline.stages[0].id);
    let form = ok(&browser, &path).await;
    assert!(form.has(&format!("name=\"{name}\" value=\"[&#34;amount&#34;]\"")));
    let held = fields_of(&pipeline);
    browser.submit(&path, &[&borrowed(&held)[..], &[(name.as_str(), "[\"amount\"]")]].concat()).await;
    let stage = read(&database, person, pipeline.id).await.stages.remove(0);
    assert_eq!(stage.required_fields, [RequiredField::Amount]);
}

async fn faults_stand_with_their_stage(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let row = [("row", "a"), ("name-a", "Due"), ("kind-a", "open"), ("row", "b"), ("kind-b", "open")];
    for (more, fault) in [
        ([("probability-b", "10"), ("rottenDays-b", "5")], "Enter a value."),
        ([("name-b", "Due"), ("rottenDays-b", "5")], "This is listed twice."),
        ([("name-b", "Two"), ("probability-b", "101")], "The number is too small or too large."),
        ([("name-b", "Two"), ("rottenDays-b", "soon")], "This value cannot be read."),
    ] {
        let wrong = browser.post(LIST, &[&[("name", "Renewals")][..], &row[..], &more[..]].concat()).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
        let second = wrong.body.split("id=\"stage-b\"").nth(1).unwrap();
        assert!(second.contains("id=\"faults-b\"") && second.contains(fault), "{more:?}: {second}");
        assert!(!wrong.has("id=\"faults-a\"") && wrong.has("value=\"Renewals\""));
    }
    let closed = [("name", "Closed"), ("row", "a"), ("name-a", "Won"), ("kind-a", "won")];
    let wrong = browser.post(LIST, &closed).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("A pipeline needs an open stage"), "{}", wrong.body);
    assert_eq!(all(&database, person).await.len(), 0);
}

async fn stages_are_renamed_coloured_and_archived(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    sell(&database, person).await;
    let browser = browser(&database, person).await;
    let pipeline = all(&database, person).await.remove(0);
    let key = pipeline.stages[0].id.to_string();
    let mut fields = fields_of(&pipeline);
    for (name, value) in [("name", "First talk"), ("probability", "15")] {
        let field = fields.iter_mut().find(|(known, _)| *known == format!("{name}-{key}")).unwrap();
        field.1 = value.to_owned();
    }
    for (name, value) in [("color", "#7c3aed"), ("rottenDays", "21"), ("archived", "true")] {
        fields.push((format!("{name}-{key}"), value.to_owned()));
    }
    let path = format!("{LIST}/{}", pipeline.id);
    browser.submit(&path, &borrowed(&fields)).await;
    let stage = read(&database, person, pipeline.id).await.stages.remove(0);
    assert_eq!((stage.code.as_str(), stage.name.as_str(), stage.probability), ("qualification", "First talk", 15));
    assert_eq!((stage.color.as_deref(), stage.rotten_days, stage.is_archived), (Some("#7c3aed"), Some(21), true));
    let form = ok(&browser, &path).await;
    assert!(form.has("value=\"#7c3aed\" selected>Violet") && form.has("value=\"true\" checked"));
    // Its deals stay on the board, which gives it no more.
    let board = ok(&browser, "/deals").await;
    assert!(
        board.has("data-name=\"First talk\" data-closed") && board.has("200 units") && board.has("fill=\"#7c3aed\"")
    );
}

async fn a_stage_with_deals_stays(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    sell(&database, person).await;
    let browser = browser(&database, person).await;
    let pipeline = all(&database, person).await.remove(0);
    let path = format!("{LIST}/{}", pipeline.id);
    let key = pipeline.stages[0].id.to_string();
    let mut fields = fields_of(&pipeline);
    fields.retain(|(name, value)| !(name == "row" && *value == key));
    let refused = browser.post(&path, &borrowed(&fields)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.has("Some deals are in a stage that you have removed") && !refused.has(&format!("id=\"stage-{key}\""))
    );
    let question = ok(&browser, &format!("{path}/delete")).await;
    assert!(question.has("Delete the pipeline Sales pipeline?"));
    let refused = browser.post(&format!("{path}/delete"), &[("version", "1")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.has("Some deals are in this pipeline") && refused.has("value=\"Sales pipeline\""));
    assert_eq!(read(&database, person, pipeline.id).await.version, 1);
}

async fn another_becomes_the_default(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let (first, second) = (add(&database, person, "First").await, add(&database, person, "Second").await);
    let list = ok(&browser, LIST).await;
    assert!(!list.has(&format!("{}/default", first.id)) && list.has(&format!("{}/default", second.id)));
    let only = ok(&browser, &format!("{LIST}/{}", first.id)).await;
    assert!(only.has("Make another one the default before you delete it") && !only.has("/archive"));
    let kept = browser.post(&format!("{LIST}/{}/delete", first.id), &[("version", "1")]).await;
    assert_eq!(kept.status, StatusCode::CONFLICT);
    assert!(kept.has("Make another one the default first."));
    let list = browser.submit(&format!("{LIST}/{}/default", second.id), &[("version", "1")]).await;
    assert!(list.has("New deals begin in this pipeline from now on."));
    assert!(read(&database, person, second.id).await.is_default);
    let late = browser.post(&format!("{LIST}/{}/default", first.id), &[("version", "1")]).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    browser.submit(&format!("{LIST}/{}/delete", first.id), &[("version", "2")]).await;
    assert_eq!(all(&database, person).await.len(), 1);
}

async fn a_pipeline_is_archived_and_deleted(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    add(&database, person, "First").await;
    let second = add(&database, person, "Second").await;
    let path = format!("{LIST}/{}", second.id);
    let list = browser.submit(&format!("{path}/archive"), &[("version", "1"), ("archived", "true")]).await;
    assert!(list.has("The pipeline was archived.") && list.has("Archived"));
    let page = ok(&browser, &path).await;
    assert!(page.has("Use again") && !page.has("/default\""));
    assert!(browser.submit(&format!("{path}/archive"), &[("version", "2")]).await.has("is in use again."));
    assert_eq!(browser.post(&format!("{path}/delete"), &[]).await.status, StatusCode::BAD_REQUEST);
    let version = ok(&browser, &format!("{path}/delete")).await.after("name=\"version\"", "value");
    let list = browser.submit(&format!("{path}/delete"), &[("version", &version)]).await;
    assert!(list.has("The pipeline was deleted.") && !list.has("Second"));
}

async fn a_change_of_another_person_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let pipeline = add(&database, person, "Sales").await;
    let mut fields = fields_of(&pipeline);
    fields[1].1 = "Mine".to_owned();
    let patch = PipelinePatch { name: Patch::Set("Theirs".to_owned()), ..PipelinePatch::default() };
    person.scope(&database).pipelines().update(pipeline.id, patch, None).await.unwrap();
    let path = format!("{LIST}/{}", pipeline.id);
    let stale = browser.post(&path, &borrowed(&fields)).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("value=\"Mine\"") && stale.has("Save anyway"));
    fields[0].1 = stale.after("name=\"version\"", "value");
    browser.submit(&path, &borrowed(&fields)).await;
    assert_eq!(read(&database, person, pipeline.id).await.name, "Mine");
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::Admin);
    let pipeline = add(&database, author, "Sales").await;
    let path = format!("{LIST}/{}", pipeline.id);
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may = matches!(role, Role::Admin | Role::Manager);
        let list = ok(&browser, LIST).await;
        assert!(list.has("Sales") && list.has("settings/pipelines/new") == may, "{role}");
        let page = ok(&browser, &path).await;
        assert!(page.has("value=\"Sales\"") && page.has("name=\"add\"") == may && page.has(">Save<") == may, "{role}");
        if may {
            continue;
        }
        for path in [format!("{LIST}/new"), format!("{path}/delete")] {
            assert_eq!(browser.get(&path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
        for path in [
            LIST.to_owned(),
            path.clone(),
            format!("{path}/default"),
            format!("{path}/archive"),
            format!("{path}/delete"),
        ] {
            for step in [("name", "x"), ("add", "1")] {
                let answer = browser.post(&path, &[("version", "1"), step]).await;
                assert!(answer.status.is_client_error(), "{role} {path}: {}", answer.status);
            }
        }
    }
    assert_eq!(read(&database, author, pipeline.id).await.version, 1);
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let owner = Person::new(company(), Role::Admin);
    let pipeline = add(&database, owner, "PIPELINE-MARK").await;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    let path = format!("{LIST}/{}", pipeline.id);
    for path in [path.clone(), format!("{path}/delete")] {
        let answer = other.get(&path).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{path}");
    }
    let fields = fields_of(&pipeline);
    for act in ["", "/default", "/archive", "/delete"] {
        let answer = other.post(&format!("{path}{act}"), &borrowed(&fields)).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{act}");
    }
    assert!(!ok(&other, LIST).await.has("-MARK"));
}

async fn texts_are_escaped(database: TestDatabase) {
    const EVIL: &str = "<script>\"'><img src=x>";
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let fields = [("name", EVIL), ("description", EVIL), ("row", EVIL), ("color-x", EVIL)];
    let names = ["name", "kind", "probability", "rottenDays", "color", "id"].map(|name| format!("{name}-{EVIL}"));
    let rows: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), EVIL)).collect();
    let mut pages = browser.post(LIST, &[&fields[..], &rows[..]].concat()).await.body;
    pages += &browser.post(LIST, &[&fields[..], &rows[..], &[("down", EVIL)][..]].concat()).await.body;
    add(&database, person, EVIL).await;
    pages += &ok(&browser, LIST).await.body;
    pages += &ok(&browser, &format!("{LIST}/{}", all(&database, person).await[0].id)).await.body;
    pages += &ok(&browser, &format!("{LIST}/{}/delete", all(&database, person).await[0].id)).await.body;
    pages += &ok(&browser, "/deals").await.body;
    assert!(pages.contains("&#60;script&#62;"));
    for bad in ["<script>", "<img"] {
        assert!(!pages.contains(bad), "{bad} stands in a page");
    }
}
