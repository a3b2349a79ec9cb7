//! What each column was taken for, to be changed.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::customers::{
    CustomerKind, DateOrder, ImportMode, ImportOptions, ImportOrganizations, ImportPreview, MatchBy, OptedOut,
    PreviewedColumn, StoredImport,
};
use crm_core::ids::{ImportId, ImportMappingId};
use crm_core::import_mappings::{ImportMapping, NewImportMapping};
use crm_core::{CompanyScope, Error};

use super::super::{Choice, Faults, fields, parsed};
use super::{STEPS, id_of, page_of, upload, words};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

/// How many values of a column are shown.
const SAMPLES: usize = 3;
/// What stands for a column that is not imported.
const NOTHING: &str = "-";
const CUSTOM: &str = "customFields.";
/// The fields, as they are chosen.
const TARGETS: &[&str] = &[
    "name",
    "salutation",
    "firstName",
    "middleName",
    "lastName",
    "nameSuffix",
    "kind",
    "organizationName",
    "jobTitle",
    "department",
    "email",
    "emails",
    "emails.optedOut",
    "phone",
    "phones",
    "website",
    "address",
    "addressLine2",
    "zipCode",
    "city",
    "state",
    "country",
    "status",
    "ownerId",
    "lifecycleStage",
    "relationship",
    "source",
    "sourceCreatedAt",
    "birthDate",
    "language",
    "timeZone",
    "industry",
    "employeeBand",
    "annualRevenue",
    "taxId",
    "description",
    "tags",
    "notes",
    "deleted",
    "isArchived",
    "externalRef",
    "id",
    "externalRefs",
    "customFields",
    "metadata",
];

#[derive(Template)]
#[template(path = "customers/import/mapping.html")]
struct MappingPage {
    frame: Frame,
    steps: [&'static str; 4],
    step: usize,
    name: String,
    rows: String,
    fault: Option<String>,
    action: String,
    remove: String,
    columns: Vec<Column>,
    /// Where the present mapping is saved.
    save: String,
    /// The name of the saved mapping that the page shows, or that was typed.
    saved_name: String,
    fault_is_of_name: bool,
    /// The saved mapping of files with these headers.
    proposed: Option<Proposed>,
    /// The options: the name in the form, and its choices.
    options: Vec<(&'static str, Vec<Choice>)>,
    system: String,
    system_is_faulty: bool,
}

/// A saved mapping that the page shows, or could show.
struct Proposed {
    /// What the page says of it, and the words for the way to the other state.
    told: String,
    change: &'static str,
    url: String,
}

struct Column {
    /// The name in the form.
    name: String,
    header: String,
    samples: Vec<String>,
    choices: Vec<Choice>,
    is_custom: bool,
    is_faulty: bool,
}

/// The page for options as they are stored, or as the mapping says that is saved for files with these headers.
pub(super) async fn show(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    import: &StoredImport,
    error: Option<&str>,
) -> PageResult {
    let stored = import.options.clone().unwrap_or_default();
    let mut preview = preview(scope, import.id, &stored).await?;
    let wanted = visit.query.get("mapping");
    let is_new = import.options.is_none() && wanted.is_none();
    let is_asked = |saved: &&ImportMapping| is_new || wanted.is_some_and(|id| id == saved.id.to_string());
    let applied = preview.saved_mapping.as_ref().filter(is_asked).map(ImportMapping::options);
    if let Some(options) = &applied {
        preview = self::preview(scope, import.id, options).await?;
    }
    let fault = error.map(|code| visit.frame.w("import-check-failed", code));
    let is_applied = applied.is_some();
    let options = &applied.unwrap_or(stored);
    page(visit, import, &preview, Asked { options, fault, at: "", name: None, is_applied })
}

pub(super) async fn check(visit: Visit, path: web::Path<String>, form: Form) -> PageResult {
    let (id, mut scope) = (id_of(&path)?, visit.scope());
    let options = ImportOptions { dry_run: true, ..options(&form.0) };
    match scope.imports().start(id, options.clone()).await {
        Ok(_) => Ok(see_other(visit.frame.url(&page_of(id)))),
        Err(Error::Malformed(malformed)) => {
            let import = scope.imports().get(id).await?;
            let fault = Some(words(&visit.frame, &malformed));
            let asked = Asked { options: &options, fault, at: &malformed.at, name: None, is_applied: false };
            page(&visit, &import, &preview(&mut scope, id, &options).await?, asked)
        }
        Err(error) => Err(error.into()),
    }
}

/// Saves the columns and options of the form under a name; under the name of the saved mapping of these headers, in its
/// place.
pub(super) async fn save(visit: Visit, path: web::Path<String>, form: Form) -> PageResult {
    let (id, mut scope) = (id_of(&path)?, visit.scope());
    let options = options(&form.0);
    let faulty = match saved(&mut scope, id, &options, form.0.get("mappingName")).await {
        Ok(saved) => {
            let page = format!("{}?step=columns&mapping={saved}", visit.frame.url(&page_of(id)));
            return Ok(visit.done(&page, "mapping-saved", None));
        }
        Err(Error::Malformed(malformed)) => (words(&visit.frame, &malformed), malformed.at),
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            (faults.first().unwrap_or_default(), "mappingName".to_owned())
        }
    };
    let import = scope.imports().get(id).await?;
    let (fault, name) = (Some(faulty.0), form.0.get("mappingName"));
    let asked = Asked { options: &options, fault, at: &faulty.1, name, is_applied: false };
    page(&visit, &import, &preview(&mut scope, id, &options).await?, asked)
}

async fn saved(
    scope: &mut CompanyScope<'_>,
    id: ImportId,
    options: &ImportOptions,
    name: Option<&str>,
) -> crm_core::Result<ImportMappingId> {
    let preview = scope.imports().preview(id, options).await?;
    let columns = preview.columns.into_iter().map(|column| column.column).collect();
    let new = NewImportMapping {
        mapping: Some(preview.mapping),
        mode: Some(options.mode),
        match_by: Some(options.match_by),
        external_system: options.external_system.clone(),
        date_order: options.date_order,
        default_kind: options.default_kind,
        opted_out: Some(options.opted_out),
        organizations: Some(options.organizations),
        ..NewImportMapping::of(name.unwrap_or_default(), columns)
    };
    let same = preview.saved_mapping.filter(|saved| name == Some(saved.name.as_str()));
    let mut mappings = scope.import_mappings();
    let saved = match same {
        Some(same) => mappings.replace(same.id, new, None).await?,
        None => mappings.create(new).await?,
    };
    Ok(saved.id)
}

pub(super) async fn remove_saved(visit: Visit, path: web::Path<String>) -> PageResult {
    let id: ImportMappingId = parsed(&path)?;
    visit.scope().import_mappings().delete(id, None).await?;
    Ok(visit.done(&upload::list(&visit.frame), "mapping-deleted", None))
}

/// What a page shows.
struct Asked<'a> {
    options: &'a ImportOptions,
    fault: Option<String>,
    /// What the fault is at; empty without one.
    at: &'a str,
    /// The name that was typed for a saved mapping.
    name: Option<&'a str>,
    /// The saved mapping gave the options.
    is_applied: bool,
}

/// The options of a form. What it does not name stays as it is recognized.
fn options(form: &Fields) -> ImportOptions {
    let mapped = form.pairs().filter_map(|(name, value)| {
        let number: usize = name.strip_prefix("column-")?.parse().ok()?;
        let target = Some(value.trim()).filter(|value| *value != NOTHING).map(str::to_owned);
        Some((format!("#{number}"), target))
    });
    ImportOptions {
        mode: form.get("mode").and_then(|mode| mode.parse().ok()).unwrap_or_default(),
        match_by: form.get("matchBy").and_then(|field| field.parse().ok()).unwrap_or_default(),
        external_system: form.get("externalSystem").map(str::to_owned),
        date_order: form.get("dateOrder").and_then(|order| order.parse().ok()),
        opted_out: form.get("optedOut").and_then(|what| what.parse().ok()).unwrap_or_default(),
        organizations: form.get("organizations").and_then(|what| what.parse().ok()).unwrap_or_default(),
        default_kind: form.get("defaultKind").and_then(|kind| kind.parse().ok()),
        mapping: mapped.collect::<BTreeMap<_, _>>(),
        ..ImportOptions::default()
    }
}

/// What a file is taken for. Faulty options are shown on the columns as they are recognized.
async fn preview(
    scope: &mut CompanyScope<'_>,
    id: ImportId,
    options: &ImportOptions,
) -> crm_core::Result<ImportPreview> {
    match scope.imports().preview(id, options).await {
        Err(Error::Malformed(_)) => scope.imports().preview(id, &ImportOptions::default()).await,
        preview => preview,
    }
}

fn page(
    visit: &Visit,
    import: &StoredImport,
    preview: &ImportPreview,
    Asked { options, fault, at, name, is_applied }: Asked<'_>,
) -> PageResult {
    let frame = visit.frame.clone().within("import");
    let status = if at.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let saved = preview.saved_mapping.as_ref();
    let address = frame.url(&page_of(import.id));
    let applied_name = saved.filter(|_| is_applied).map(|saved| saved.name.as_str());
    let page = MappingPage {
        columns: columns(&frame, preview, options, at),
        save: format!("{address}/mapping"),
        saved_name: applied_name.or(name).unwrap_or_default().to_owned(),
        fault_is_of_name: at == "mappingName",
        proposed: saved.map(|saved| proposed(&frame, &address, saved, is_applied)),
        options: vec![
            ("mode", choices(&frame, "mode", ImportMode::NAMES, options.mode.as_str())),
            ("match-by", matched(&frame, options.match_by)),
            (
                "organizations",
                choices(&frame, "organizations", ImportOrganizations::NAMES, options.organizations.as_str()),
            ),
            ("opted-out", choices(&frame, "opted-out", OptedOut::NAMES, options.opted_out.as_str())),
            ("date-order", optional(&frame, "date-order", DateOrder::NAMES, options.date_order.map(DateOrder::as_str))),
            (
                "default-kind",
                optional(&frame, "default-kind", CustomerKind::NAMES, options.default_kind.map(CustomerKind::as_str)),
            ),
        ],
        system: options.external_system.clone().unwrap_or_default(),
        system_is_faulty: at == "externalSystem",
        rows: frame.n("import-rows", &usize::try_from(import.rows).unwrap_or(usize::MAX)),
        name: import.name.clone(),
        action: format!("{address}/check"),
        remove: format!("{address}/remove"),
        steps: STEPS,
        step: 1,
        fault,
        frame,
    };
    html(status, &page)
}

fn proposed(frame: &Frame, address: &str, saved: &ImportMapping, is_applied: bool) -> Proposed {
    let url = |mapping: &str| format!("{address}?step=columns&mapping={mapping}");
    if is_applied {
        let told = frame.w("import-mapping-applied", &saved.name);
        return Proposed { told, change: "import-mapping-ignore", url: url("none") };
    }
    let told = frame.w("import-mapping-proposed", &saved.name);
    Proposed { told, change: "import-mapping-use", url: url(&saved.id.to_string()) }
}

fn columns(frame: &Frame, preview: &ImportPreview, options: &ImportOptions, at: &str) -> Vec<Column> {
    let column = |(index, column): (usize, &PreviewedColumn)| {
        let key = format!("#{}", column.number);
        let chosen = options.mapping.get(&key).cloned().unwrap_or_else(|| column.field.clone());
        let header = if column.column.is_empty() { format!("column{}", column.number) } else { column.column.clone() };
        let chosen = chosen.unwrap_or_else(|| NOTHING.to_owned());
        Column {
            name: format!("column-{}", column.number),
            samples: column.samples.iter().take(SAMPLES).cloned().collect(),
            choices: targets(frame, &chosen, &custom(&chosen, &header, index)),
            is_custom: chosen.starts_with(CUSTOM),
            is_faulty: at == format!("mapping/{key}"),
            header,
        }
    };
    preview.columns.iter().enumerate().map(column).collect()
}

/// The custom field of a column: as it was recognized, or by its header.
fn custom(chosen: &str, header: &str, index: usize) -> String {
    if chosen.starts_with(CUSTOM) {
        return chosen.to_owned();
    }
    let mut key = String::new();
    for word in header.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if key.is_empty() => key.extend(first.to_lowercase()),
            first => key.extend(first.into_iter().flat_map(char::to_uppercase)),
        }
        key.push_str(letters.as_str());
    }
    let key = if key.is_empty() { format!("column{}", index + 1) } else { key };
    format!("{CUSTOM}{}", key.chars().take(40).collect::<String>())
}

fn targets(frame: &Frame, chosen: &str, custom: &str) -> Vec<Choice> {
    let choice = |value: &str, label: String| Choice { value: value.to_owned(), label, is_chosen: value == chosen };
    let key = custom.strip_prefix(CUSTOM).unwrap_or_default();
    let special = [choice(NOTHING, frame.t("import-ignore")), choice(custom, frame.w("import-custom", key))];
    let label = |name: &str| frame.language().known(&field_name(name)).unwrap_or_else(|| fields::label(frame, name));
    // What is recognised by its header only, such as the label of an address.
    let is_listed = chosen == NOTHING || chosen == custom || TARGETS.contains(&chosen);
    let recognised = (!is_listed).then_some(chosen).into_iter();
    special.into_iter().chain(recognised.chain(TARGETS.iter().copied()).map(|name| choice(name, label(name)))).collect()
}

/// The name in messages of a target that is no field of a customer: `emails.optedOut` is
/// `import-field-emails-opted-out`.
fn field_name(target: &str) -> String {
    let mut name = "import-field-".to_owned();
    for letter in target.chars() {
        match letter {
            '.' => name.push('-'),
            letter if letter.is_ascii_uppercase() => name.extend(['-', letter.to_ascii_lowercase()]),
            letter => name.push(letter),
        }
    }
    name
}

fn choices(frame: &Frame, group: &str, names: &[&str], chosen: &str) -> Vec<Choice> {
    let choice = |name: &&str| Choice {
        value: (*name).to_owned(),
        label: frame.named(&format!("import-{group}"), name),
        is_chosen: *name == chosen,
    };
    names.iter().map(choice).collect()
}

fn matched(frame: &Frame, chosen: MatchBy) -> Vec<Choice> {
    let label = |field: MatchBy| match field {
        MatchBy::ExternalRef => frame.t("import-field-external-ref"),
        MatchBy::Id => frame.t("import-field-id"),
        field => fields::label(frame, field.as_str()),
    };
    let choice = |field: &MatchBy| Choice {
        value: field.as_str().to_owned(),
        label: label(*field),
        is_chosen: *field == chosen,
    };
    MatchBy::ALL.iter().map(choice).collect()
}

/// With a first choice that leaves it open.
fn optional(frame: &Frame, group: &str, names: &[&str], chosen: Option<&str>) -> Vec<Choice> {
    let open = Choice {
        value: String::new(),
        label: frame.named(&format!("import-{group}"), "none"),
        is_chosen: chosen.is_none(),
    };
    std::iter::once(open).chain(choices(frame, group, names, chosen.unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fields, custom, options};

    #[test]
    fn every_column_is_mapped_by_its_number() {
        let options =
            options(&Fields::parse(b"column-1=email&column-2=-&column-x=name&mode=upsert&dateOrder=&optedOut=skip"));
        let mapping = [("#1".to_owned(), Some("email".to_owned())), ("#2".to_owned(), None)];
        assert_eq!(options.mapping, mapping.into());
        assert_eq!((options.mode.as_str(), options.date_order), ("upsert", None));
        assert_eq!(options.opted_out, crm_core::customers::OptedOut::Skip);
    }

    #[test]
    fn targets_have_names_in_messages() {
        assert_eq!(super::field_name("emails.optedOut"), "import-field-emails-opted-out");
        assert_eq!(super::field_name("externalRef"), "import-field-external-ref");
    }

    #[test]
    fn headers_become_custom_fields() {
        assert_eq!(custom("email", "VAT no.", 0), "customFields.vATNo");
        assert_eq!(custom("email", "--", 2), "customFields.column3");
        assert_eq!(custom("customFields.x", "y", 0), "customFields.x");
    }
}
