//! The demo's tags, and their customers.

use crm_core::ids::{CustomerId, TagId};
use crm_core::tags::NewTag;
use crm_http::examples;
use uuid::Uuid;

use super::Seeder;

/// The names and colours of tags that are not in the examples.
const TAGS: [(&str, &str); 6] = [
    ("Key account", "#1f77b4"),
    ("Wholesale", "#2ca02c"),
    ("Pays late", "#d62728"),
    ("Seasonal", "#ff7f0e"),
    ("Reference", "#9467bd"),
    ("Export", "#17becf"),
];

impl Seeder<'_, '_> {
    /// The tags of the document's examples, and all others.
    pub(super) async fn tags(&mut self) -> anyhow::Result<()> {
        let main: NewTag = serde_json::from_value(examples::tag_fields())?;
        for (id, new) in [
            (examples::TAG, main),
            (examples::TAG_TO_DELETE, NewTag::named("Made by mistake")),
            (examples::TAG_TO_MERGE, NewTag::named("Very important")),
            (examples::SECOND_TAG, NewTag::named("Newsletter")),
        ] {
            self.example_tag(id, new).await?;
        }
        for (name, color) in TAGS {
            let tag = NewTag { color: Some(color.to_owned()), ..NewTag::named(name) };
            self.tx.scope().tags().create(tag).await?;
        }
        let (customer, tags) = (examples::CUSTOMER.into(), [examples::TAG, examples::SECOND_TAG].map(TagId));
        self.tx.scope().customer_tags(customer).add(tags).await?;
        Ok(())
    }

    async fn example_tag(&mut self, id: Uuid, new: NewTag) -> anyhow::Result<()> {
        self.randomness.choose(id);
        let tag = self.tx.scope().tags().create(new).await?;
        anyhow::ensure!(tag.id == TagId(id), "the example {id} became {}", tag.id);
        Ok(())
    }

    /// Every other customer has a tag, some have two.
    pub(super) async fn tag(&mut self, id: CustomerId, number: u32) -> crm_core::Result<()> {
        let name = |number: u32| TAGS[number as usize % TAGS.len()].0;
        let names = match number % 4 {
            1 => vec![name(number / 4)],
            3 => vec![name(number / 4), name(number / 4 + 1 + number % 5)],
            _ => return Ok(()),
        };
        self.tx.scope().customer_tags(id).add(names).await.map(drop)
    }
}
