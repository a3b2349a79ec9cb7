//! Reading and writing pipelines.

use actix_web::{delete, get, patch, post};
use crm_core::ids::PipelineId;
use crm_core::pipelines::{NewPipeline, Pipeline, PipelinePatch};

use super::PipelineList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List pipelines
///
/// The pipelines of your company by their place, each with its stages. A company that has used none yet has none: it
/// gets the usual one with its first deal, or with the first look at the board.
#[utoipa::path(
    tag = "pipelines",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of pipelines", body = PipelineList), ReadErrors),
)]
#[get("/pipelines")]
pub(super) async fn list_pipelines(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().pipelines().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&PipelineList::from(page))?)
}

/// Add a pipeline
///
/// The name is unique in your company, ignoring case and accents. Without `stages` it has the usual ones, from
/// qualification to closed won and closed lost. The first pipeline of a company is its default; another one becomes it
/// with `isDefault`. A company has at most 50. For managers and administrators.
#[utoipa::path(
    tag = "pipelines",
    params(IdempotencyKeyParameter),
    request_body(content = NewPipeline, description = "The pipeline"),
    responses((status = 201, description = "The pipeline was added", body = Pipeline), CreateErrors),
)]
#[post("/pipelines")]
pub(super) async fn create_pipeline(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewPipeline>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let pipeline = scope.pipelines().create(value.clone()).await?;
        ApiResponse::created(pipeline.id, &pipeline)
    };
    key.once(&caller, "createPipeline", &fingerprint, create).await
}

/// Read a pipeline
///
/// A pipeline with its stages.
#[utoipa::path(
    tag = "pipelines",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The pipeline", body = Pipeline), NotModified, GetErrors),
)]
#[get("/pipelines/{pipelineId}")]
pub(super) async fn get_pipeline(caller: Caller, id: Id<PipelineId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().pipelines().get(*id).await?)?)
}

/// Change a pipeline
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field. `stages` are replaced as a whole, in
/// their order: send those of the answer back, with their ids, and change what is to be changed. A stage that is left
/// out is deleted; while deals are in it, that is refused (`stage_in_use`), and it can be archived. The code and the
/// kind of a stage stay the same. For managers and administrators.
#[utoipa::path(
    tag = "pipelines",
    params(IfMatchParameter),
    request_body(content = PipelinePatch, description = "The fields to change"),
    responses((status = 200, description = "The pipeline as it is now", body = Pipeline), WriteErrors),
)]
#[patch("/pipelines/{pipelineId}")]
pub(super) async fn update_pipeline(
    caller: Caller,
    id: Id<PipelineId>,
    seen: IfMatch,
    body: JsonBody<PipelinePatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().pipelines().update(*id, body.value, seen.0).await?)?)
}

/// Delete a pipeline
///
/// Deletes the pipeline and its stages permanently. While deals are in it, be they in the trash, that is refused
/// (`pipeline_in_use`); so it is for the default while there are others (`default_pipeline`). For managers and
/// administrators.
#[utoipa::path(
    tag = "pipelines",
    params(IfMatchParameter),
    responses((status = 204, description = "The pipeline is deleted"), ActionErrors),
)]
#[delete("/pipelines/{pipelineId}")]
pub(super) async fn delete_pipeline(caller: Caller, id: Id<PipelineId>, seen: IfMatch) -> ApiResult {
    caller.scope().pipelines().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}
