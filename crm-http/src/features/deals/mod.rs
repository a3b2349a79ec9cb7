//! Deals with customers, and their board.

mod handlers;
mod items;
mod moves;
mod parameters;

use crm_core::deals::{Deal, DealStageEntry, NewDeal, NewDealItems};
use crm_core::ids::CustomerId;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::{ChildBody, PutBody};

/// A page of deals.
pub type DealList = List<Deal>;
/// A page of the stages that a deal has passed.
pub type DealStageEntryList = List<DealStageEntry>;
/// All writable fields of a deal.
pub(crate) type DealReplacement = PutBody<NewDeal>;
/// All items of a deal.
pub(crate) type DealItemsReplacement = PutBody<NewDealItems>;
/// A deal to add, and its customer.
pub(crate) type NewDealOfCustomer = ChildBody<CustomerId, NewDeal>;

/// The board and the totals come first, because `board` in `/deals/board` is not the id of a deal.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(moves::get_deal_board)
        .service(moves::get_deal_totals)
        .service(handlers::list_deals)
        .service(handlers::create_deal)
        .service(handlers::get_deal)
        .service(handlers::replace_deal)
        .service(handlers::update_deal)
        .service(handlers::delete_deal)
        .service(handlers::restore_deal)
        .service(items::list_deal_items)
        .service(items::replace_deal_items)
        .service(moves::move_deal)
        .service(moves::list_deal_stages);
}
