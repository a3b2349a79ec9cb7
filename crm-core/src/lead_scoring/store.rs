//! Reads rules and weights, and replaces a model by a newer one.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{EntityTrait, QueryOrder, QueryTrait};

use super::features::{NO_VALUE, OTHER_VALUES, Trait};
use super::learn::{Learned, Lessons};
use super::model::{LeadScoringQuality, LeadScoringRule};
use super::score::Weights;
use super::{model_row, row, weight_row};
use crate::base::error::{Error, Result};
use crate::query::dialect::any_of;
use crate::scope::{CompanyTx, Find};

/// How many rules a company has at most: each is a bit of a number.
pub(super) const MAX_RULES: u64 = 50;
/// More than all values of all features that are learned.
const MAX_WEIGHTS: u64 = 2_000;

/// The rules that count, in their order.
pub(super) async fn active_rules(rows: Find<'_, row::Entity>) -> Result<Vec<LeadScoringRule>> {
    let is_active = Expr::col((row::TABLE, "is_active")).eq(true);
    let rows = rows.select(&row::COLUMNS).filter(is_active);
    let rows = rows.map(|select| select.order_by_asc(row::Column::Position).order_by_asc(row::Column::Id));
    rows.fetch_up_to(MAX_RULES).await
}

/// What the company's model has learned of these traits, and of leads without a value or with a rare one.
pub(super) async fn weights(rows: Find<'_, weight_row::Entity>, of: &[Trait], postgres: bool) -> Result<Weights> {
    let values: BTreeSet<&str> = of.iter().map(|one| one.value.as_str()).chain([NO_VALUE, OTHER_VALUES]).collect();
    let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
    let rows = rows.filter(any_of(Expr::col((weight_row::TABLE, "value")), values, postgres));
    let found: Vec<weight_row::Model> = rows.fetch_up_to(MAX_WEIGHTS).await?;
    let version = found.first().map_or(0, |weight| weight.version);
    Ok(Weights::new(version, found.into_iter().map(|weight| (weight.feature, weight.value, weight.weight))))
}

/// All that the company's model has learned, feature by feature.
pub(super) async fn all_weights(rows: Find<'_, weight_row::Entity>) -> Result<Vec<weight_row::Model>> {
    let rows =
        rows.map(|select| select.order_by_asc(weight_row::Column::Feature).order_by_asc(weight_row::Column::Value));
    rows.fetch_up_to(MAX_WEIGHTS).await
}

/// The company's model, learned enough or not.
pub(super) async fn model(rows: Find<'_, model_row::Entity>) -> Result<Option<model_row::Model>> {
    rows.one().await
}

/// How good a model is.
pub(super) fn quality(model: &model_row::Model) -> Result<LeadScoringQuality> {
    let quality: LeadScoringQuality = serde_json::from_value(model.quality.clone()).map_err(Error::internal)?;
    let version = if model.is_ready { model.version } else { 0 };
    Ok(LeadScoringQuality { version, ..quality })
}

/// Makes these lessons the company's model, unless it has just that one, and gives its version.
pub(super) async fn replace(tx: &mut CompanyTx<'_>, lessons: &Lessons) -> Result<i64> {
    let before = model(tx.find().for_no_key_update()).await?;
    if let Some(before) = &before
        && is_same(before, &all_weights(tx.find()).await?, lessons)?
    {
        return Ok(before.version);
    }
    let version = before.map_or(0, |before| before.version) + 1;
    let company = tx.company.id.0;
    let delete =
        Query::delete().from_table("crm_lead_scoring_models").and_where(Expr::col("company_id").eq(company)).to_owned();
    // The weights go with their model.
    tx.execute(&delete).await?;
    let model = model_row::ActiveModel {
        company_id: Set(company),
        version: Set(version),
        built_at: Set(tx.now()),
        is_ready: Set(!lessons.weights.is_empty()),
        won: Set(lessons.won),
        lost: Set(lessons.lost),
        quality: Set(serde_json::to_value(&lessons.quality).map_err(Error::internal)?),
    };
    tx.execute(&model_row::Entity::insert(model).into_query()).await?;
    if !lessons.weights.is_empty() {
        let rows = lessons.weights.iter().map(|learned| of_lesson(company, version, learned));
        tx.execute(&weight_row::Entity::insert_many(rows).into_query()).await?;
    }
    tx.company_written();
    Ok(version)
}

fn of_lesson(company: uuid::Uuid, version: i64, learned: &Learned) -> weight_row::ActiveModel {
    let Learned { feature, value, weight, won, lost } = learned.clone();
    weight_row::ActiveModel {
        company_id: Set(company),
        version: Set(version),
        feature: Set(feature),
        value: Set(value),
        weight: Set(weight),
        won: Set(won),
        lost: Set(lost),
    }
}

fn is_same(model: &model_row::Model, weights: &[weight_row::Model], lessons: &Lessons) -> Result<bool> {
    let known = LeadScoringQuality { version: 0, ..quality(model)? };
    if (model.won, model.lost, &known) != (lessons.won, lessons.lost, &lessons.quality) {
        return Ok(false);
    }
    type Row<'r> = (&'r str, &'r str, i64, i64, i64);
    let stored: BTreeSet<Row<'_>> =
        weights.iter().map(|of| (of.feature.as_str(), of.value.as_str(), of.weight, of.won, of.lost)).collect();
    let learned: BTreeSet<Row<'_>> =
        lessons.weights.iter().map(|of| (of.feature.as_str(), of.value.as_str(), of.weight, of.won, of.lost)).collect();
    Ok(stored == learned)
}
