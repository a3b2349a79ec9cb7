//! The input for saved views.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use super::entity::ViewEntity;
use super::model::{SavedView, ViewVisibility};
use crate::base::error::{Result, Violations};
use crate::base::patch::{apply_fields, patch};
use crate::base::text::{self, fold};
use crate::base::validation;
use crate::scope::CompanyScope;
use crate::scope::company::Company;

/// A saved view to add. An absent or `null` field has no value.
///
/// ```
/// use crm_core::saved_views::{NewSavedView, ViewEntity};
///
/// let view = NewSavedView { sort: Some("name".into()), ..NewSavedView::named(ViewEntity::Customers, "By name") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSavedView {
    /// The entity of the list. It cannot be changed later.
    pub entity: Option<ViewEntity>,
    /// The name; unique among your views of the entity, without case and accents.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "My open customers", max_length = 100))]
    pub name: Option<String>,
    /// A description of the view.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "For the Monday meeting", max_length = 250))]
    pub description: Option<String>,
    /// Who sees it; `private` if absent.
    pub visibility: Option<ViewVisibility>,
    /// What the list shows, by the names and values of the list's parameters. A parameter of several values takes a list
    /// or a text with commas, `filter` an object or its text; `q` of customers are search words.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({ "status": ["active"], "ownerId": "me" })))]
    pub query: Option<Map<String, Value>>,
    /// The order, as the list's `sort`.
    #[cfg_attr(feature = "openapi", schema(example = "-updatedAt"))]
    pub sort: Option<String>,
    /// The columns in their order: members of the list's records; at most 60.
    #[cfg_attr(feature = "openapi", schema(max_items = 60, example = json!(["name", "email", "lastContactAt"])))]
    pub columns: Option<Vec<String>>,
    /// The place among the other views, from 0; 0 if absent.
    #[validate(range(min = 0, max = 1_000_000))]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub position: Option<i64>,
}

impl NewSavedView {
    /// The read-only fields of a [`SavedView`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "ownerId", "owner", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A private view of everything, with this name.
    pub fn named(entity: ViewEntity, name: impl Into<String>) -> Self {
        Self { entity: Some(entity), name: Some(name.into()), ..Self::default() }
    }

    /// Trims all texts, and checks every rule.
    pub(super) fn validated(mut self, scope: &CompanyScope<'_>, company: &Company) -> Result<Self> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.name, "/name", text::line, &mut violations);
        if violations.0.is_empty() && self.name.as_deref().is_none_or(|name| fold(name).is_empty()) {
            violations.add("/name", "required", "a saved view needs a name");
        }
        validation::normalise(&mut self.description, "/description", text::line, &mut violations);
        self.sort = self.sort.filter(|sort| !sort.is_empty());
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        match self.entity {
            Some(entity) => self.check_list((scope, company), entity, &mut violations)?,
            None => violations.add("/entity", "required", "a saved view needs an entity"),
        }
        violations.into_result()?;
        Ok(self)
    }

    fn check_list(
        &mut self,
        (scope, company): (&CompanyScope<'_>, &Company),
        entity: ViewEntity,
        violations: &mut Violations,
    ) -> Result<()> {
        let query = self.query.take().unwrap_or_default();
        self.query = Some(entity.checked_query(scope, company, &query, violations)?);
        if let Some(sort) = &self.sort {
            entity.check_sort(sort, violations);
        }
        entity.check_columns(self.columns.as_deref().unwrap_or_default(), "/columns", violations);
        Ok(())
    }

    /// Writes validated input into a view.
    pub(super) fn write(self, view: &mut SavedView) {
        let Self { entity, name, description, visibility, query, sort, columns, position } = self;
        view.entity = entity.unwrap_or(view.entity);
        view.name = name.unwrap_or_default();
        view.description = description;
        view.visibility = visibility.unwrap_or_default();
        view.query = query.unwrap_or_default();
        view.sort = sort;
        view.columns = columns.unwrap_or_default();
        view.position = position.unwrap_or_default();
    }
}

impl From<&SavedView> for NewSavedView {
    fn from(view: &SavedView) -> Self {
        let view = view.clone();
        Self {
            entity: Some(view.entity),
            name: Some(view.name),
            description: view.description,
            visibility: Some(view.visibility),
            query: Some(view.query),
            sort: view.sort,
            columns: Some(view.columns),
            position: Some(view.position),
        }
    }
}

patch! {
    /// A change of a saved view (RFC 7396): absent fields stay unchanged, `null` clears a field. The query is replaced as a
    /// whole, because a list without a parameter is another list.
    SavedViewPatch {
        /// The name.
        name: String [max_length = 100],
        /// A description of the view.
        description: String [max_length = 250],
        /// Who sees it; only its owner can change that.
        visibility: ViewVisibility,
        /// What the list shows; replaced as a whole.
        query: Map<String, Value> as Object,
        /// The order, as the list's `sort`.
        sort: String,
        /// The columns in their order; at most 60.
        columns: Vec<String> [max_items = 60],
        /// The place among the other views.
        position: i64 [minimum = 0, maximum = 1_000_000],
    }
}

impl SavedViewPatch {
    /// The view after the change.
    pub(super) fn apply(self, view: &SavedView) -> NewSavedView {
        let mut draft = NewSavedView::from(view);
        apply_fields!(self => draft: name, description, visibility, query, sort, columns, position);
        draft
    }
}
