//! The items of deals: lines with their nets, and amounts that are their sum.

use crm_core::actor::Role;
use crm_core::customers::ExternalRef;
use crm_core::deals::{Deal, DealItem, DealItems, DealMove, DealQuery, MAX_ITEMS, NewDeal, NewDealItems};
use crm_core::money::MAX_AMOUNT;
use crm_core::page::PageRequest;
use crm_core::{Error, Result};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{add, money, moved, named};
use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        items_are_replaced_as_a_whole_with_the_version_of_their_deal,
        the_amount_of_a_deal_can_be_the_sum_of_its_items,
        all_faults_of_items_are_told_at_once,
        items_and_amount_are_in_one_currency,
        who_may_change_a_deal_may_change_its_items,
        items_go_with_their_deal,
        sums_are_those_of_a_plain_evaluation,
    ]);
}

fn item(name: &str, quantity: &str, price: i64) -> DealItem {
    let price = money(price, "EUR").expect("money");
    DealItem::of(name, quantity.parse().expect("a quantity"), price)
}

async fn replaced(crm: &TestCrm, deal: &Deal, items: Vec<DealItem>) -> Result<DealItems> {
    crm.admin().deals().replace_items(deal.id, NewDealItems::of(items), None).await
}

async fn patched(crm: &TestCrm, deal: &Deal, patch: Value) -> Result<Deal> {
    crm.admin().deals().update(deal.id, serde_json::from_value(patch).expect("a patch"), None).await
}

fn nets(items: &DealItems) -> Vec<i64> {
    items.items.iter().filter_map(|item| item.net).map(|net| net.amount).collect()
}

async fn items_are_replaced_as_a_whole_with_the_version_of_their_deal(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let deal = named(&crm, &crm.named("Lee & Co").await?, "200 units").await?;
    let none = crm.admin().deals().items(deal.id).await?;
    assert_eq!((none.version, none.items.len(), none.total), (1, 0, None));
    let bolts = DealItem {
        product_ref: Some(ExternalRef::new(" erp ", "P-1")),
        discount_percent: "12.5".parse()?,
        tax_percent: Some("19".parse()?),
        ..item("  Bolts ", "2.500", 1_999)
    };
    let items = replaced(&crm, &deal, vec![bolts, item("Nuts", "3", 50)]).await?;
    assert_eq!((items.version, nets(&items), items.total), (2, vec![4_373, 150], money(4_523, "EUR")));
    let [first, second] = &items.items[..] else { panic!("{items:?}") };
    assert_eq!((first.name.as_str(), first.quantity.to_string().as_str()), ("Bolts", "2.5"));
    assert_eq!(first.product_ref, Some(ExternalRef::new("erp", "P-1")));
    assert_eq!((first.position, second.position, second.tax_percent), (Some(1), Some(2), None));
    assert_eq!(crm.admin().deals().items(deal.id).await?, items);
    let read = crm.admin().deals().get(deal.id).await?;
    assert_eq!((&read.items, read.amount), (&items.items, None), "the amount is the deal's own");
    assert!(crm.admin().deals().list(&DealQuery::default(), &PageRequest::default()).await?.data.contains(&read));
    // What was read can be sent back, and is no change.
    let before = crm.records().await?;
    assert_eq!(replaced(&crm, &deal, items.items.clone()).await?, items);
    assert_eq!(crm.records().await?, before);
    let stale = crm.admin().deals().replace_items(deal.id, NewDealItems::default(), Some(1)).await;
    assert_matches!(stale, Err(Error::Stale { current: 2, .. }));
    let turned = replaced(&crm, &deal, vec![second.clone(), first.clone()]).await?;
    assert_eq!((turned.version, nets(&turned)), (3, vec![150, 4_373]));
    assert_eq!(turned.items[0].position, Some(1), "the place is that in the list");
    assert_eq!(crm.records().await?, before.map(|count| count + 1), "one record of all");
    assert_eq!(replaced(&crm, &deal, Vec::new()).await?.total, None);
    assert_eq!(crm.count("crm_deal_items").await?, 0);
    Ok(())
}

async fn the_amount_of_a_deal_can_be_the_sum_of_its_items(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let new = NewDeal { amount_from_items: Some(true), ..NewDeal::named("Summed") };
    let early = NewDeal { amount: money(1, "EUR"), ..new.clone() };
    assert_eq!(violation(add(&crm, &customer, early).await, "/amount"), "unexpected");
    let deal = add(&crm, &customer, new).await?;
    assert_eq!((deal.amount, deal.amount_from_items), (None, true));
    replaced(&crm, &deal, vec![item("Bolts", "2", 100), item("Nuts", "1", 50)]).await?;
    let summed = crm.admin().deals().get(deal.id).await?;
    assert_eq!((summed.amount, summed.base_amount), (money(250, "EUR"), money(250, "EUR")));
    assert_eq!(summed.weighted_amount, money(25, "EUR"));
    // Sent back as it was read, it is no other amount.
    assert_eq!(crm.admin().deals().replace(deal.id, NewDeal::from(&summed), None).await?, summed);
    let other = patched(&crm, &deal, json!({ "amount": { "amount": 1, "currency": "EUR" } })).await;
    assert_eq!(violation(other, "/amount"), "unexpected");
    assert_eq!(patched(&crm, &deal, json!({ "amount": null })).await?.amount, money(250, "EUR"));
    // It keeps the sum as an amount of its own, and takes the sum again.
    let own = patched(&crm, &deal, json!({ "amountFromItems": false })).await?;
    assert_eq!((own.amount, own.amount_from_items), (money(250, "EUR"), false));
    replaced(&crm, &deal, vec![item("Bolts", "3", 100)]).await?;
    assert_eq!(crm.admin().deals().get(deal.id).await?.amount, money(250, "EUR"));
    assert_eq!(patched(&crm, &deal, json!({ "amountFromItems": true })).await?.amount, money(300, "EUR"));
    replaced(&crm, &deal, Vec::new()).await?;
    assert_eq!(crm.admin().deals().get(deal.id).await?.amount, None);
    Ok(())
}

async fn all_faults_of_items_are_told_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let deal = named(&crm, &crm.named("Lee & Co").await?, "200 units").await?;
    let wrong = vec![
        DealItem { product_ref: Some(ExternalRef::new("", "1")), ..item(" ", "0", -1) },
        DealItem { discount_percent: "100.01".parse()?, tax_percent: Some("101".parse()?), ..item("a\u{7}b", "1", 1) },
        DealItem { unit_price: money(1, "USD").expect("money"), ..item(&"x".repeat(251), "1000000000.001", 1) },
    ];
    let mut found = violations(replaced(&crm, &deal, wrong).await);
    found.sort();
    let expected = [
        ("/items/0/name", "required"),
        ("/items/0/productRef/system", "required"),
        ("/items/0/quantity", "out_of_range"),
        ("/items/0/unitPrice/amount", "out_of_range"),
        ("/items/1/discountPercent", "out_of_range"),
        ("/items/1/name", "control_character"),
        ("/items/1/taxPercent", "out_of_range"),
        ("/items/2/name", "too_long"),
        ("/items/2/quantity", "out_of_range"),
        ("/items/2/unitPrice/currency", "currency_mixed"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let many = vec![item("Bolt", "1", 1); MAX_ITEMS + 1];
    assert_eq!(violation(replaced(&crm, &deal, many).await, "/items"), "too_many");
    let dear = vec![item("Bolt", "2", MAX_AMOUNT)];
    assert_eq!(violation(replaced(&crm, &deal, dear).await, "/items/0"), "out_of_range");
    let dear = vec![item("Bolt", "1", MAX_AMOUNT); 2];
    assert_eq!(violation(replaced(&crm, &deal, dear).await, "/items"), "out_of_range");
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    assert_eq!(replaced(&crm, &deal, vec![item("Bolt", "1", 1); MAX_ITEMS]).await?.items.len(), MAX_ITEMS);
    Ok(())
}

async fn items_and_amount_are_in_one_currency(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let dollars = NewDeal { amount: money(100, "USD"), ..NewDeal::named("200 units") };
    let deal = add(&crm, &customer, dollars).await?;
    let refused = replaced(&crm, &deal, vec![item("Bolts", "1", 100)]).await;
    assert_eq!(violation(refused, "/items/0/unitPrice/currency"), "currency_mixed");
    patched(&crm, &deal, json!({ "amount": { "amount": 100, "currency": "EUR" } })).await?;
    replaced(&crm, &deal, vec![item("Bolts", "1", 100)]).await?;
    let refused = patched(&crm, &deal, json!({ "amount": { "amount": 100, "currency": "USD" } })).await;
    assert_eq!(violation(refused, "/amount/currency"), "currency_mixed");
    // An amount that is the sum follows the currency of the items.
    patched(&crm, &deal, json!({ "amountFromItems": true })).await?;
    let in_yen = DealItem { unit_price: money(7, "JPY").expect("money"), ..item("Bolts", "1", 1) };
    replaced(&crm, &deal, vec![in_yen]).await?;
    assert_eq!(crm.admin().deals().get(deal.id).await?.amount, money(7, "JPY"));
    Ok(())
}

async fn who_may_change_a_deal_may_change_its_items(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut sales = crm.scope(Role::SalesRep);
    let mine = sales.deals().create(customer.id, NewDeal::named("Mine")).await?;
    let theirs = named(&crm, &customer, "Theirs").await?;
    let new = || NewDealItems::of(vec![item("Bolts", "1", 100)]);
    sales.deals().replace_items(mine.id, new(), None).await?;
    let refused = sales.deals().replace_items(theirs.id, new(), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    for role in [Role::Support, Role::Viewer] {
        let mut scope = crm.scope(role);
        assert_eq!(scope.deals().items(mine.id).await?.items.len(), 1);
        let refused = scope.deals().replace_items(mine.id, new(), None).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    }
    let stranger = crm.other_company();
    assert_matches!(stranger.admin().deals().items(mine.id).await, Err(Error::NotFound { .. }));
    assert_matches!(replaced(&stranger, &mine, Vec::new()).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn items_go_with_their_deal(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    let items = replaced(&crm, &deal, vec![item("Quokka", "1", 100)]).await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert_eq!(crm.admin().deals().items(deal.id).await?.items, items.items);
    crm.admin().deals().delete(deal.id, None).await?;
    assert_matches!(replaced(&crm, &deal, Vec::new()).await, Err(Error::NotFound { .. }));
    assert_eq!(crm.admin().deals().restore(deal.id).await?.items, items.items);
    crm.admin().customers().purge(customer.id, None).await?;
    assert_eq!(crm.count("crm_deal_items").await?, 0);
    assert!(!crm.dump("crm_changes").await?.contains("Quokka"));
    Ok(())
}

async fn sums_are_those_of_a_plain_evaluation(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewDeal { amount_from_items: Some(true), ..NewDeal::named("Summed") };
    let deal = add(&crm, &crm.named("Lee & Co").await?, new).await?;
    let mut chance = Chance::new(Chance::seed());
    for _ in 0..10 {
        let (mut items, mut expected) = (Vec::new(), 0);
        for number in 0..=chance.below(12) {
            // In thousandths, minor units, and hundredths of a percent.
            let (quantity, price) = (chance.below(5_000) as i64 + 1, chance.below(20_000) as i64);
            let discount = chance.below(10_001) as i64;
            let (exact, unit) = (quantity * price * (10_000 - discount), 10_000_000);
            let (below, rest) = (exact / unit, exact % unit * 2);
            expected += if rest > unit || (rest == unit && below % 2 == 1) { below + 1 } else { below };
            let quantity = format!("{}.{:03}", quantity / 1_000, quantity % 1_000);
            let discount = format!("{}.{:02}", discount / 100, discount % 100);
            items.push(DealItem {
                discount_percent: discount.parse()?,
                ..item(&format!("Line {number}"), &quantity, price)
            });
        }
        let replaced = replaced(&crm, &deal, items).await?;
        assert_eq!(replaced.total, money(expected, "EUR"));
        assert_eq!(crm.admin().deals().get(deal.id).await?.amount, money(expected, "EUR"));
    }
    Ok(())
}
