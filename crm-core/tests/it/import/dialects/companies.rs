//! Odoo, Chatwoot, systeme.io, EspoCRM, Dolibarr: where firms and people stand in one table, or the headers are few.

use crm_core::customers::{ExternalRef, ImportOptions};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::super::create;
use super::{land, landed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [odoo, odoo_by_technical_names, chatwoot, systeme_io, espo_crm]);
}

async fn odoo(database: TestDatabase) -> anyhow::Result<()> {
    let file = "External ID,Name,Is a Company,Related Company/External ID,Related Company,Email,Phone,Mobile,Street,Street2,\
                City,Zip,State,Country,Job Position,Tags,Website,Tax ID\n\
                company_1,Kaffe AB,True,,,info@kaffe.example,+46 8 111 11 11,,1 Kai,,Stockholm,111 22,,Sweden,,\"Retail,VIP\",\
                http://kaffe.example,SE556677889901\n\
                person_1,Ida Berg,False,company_1,Kaffe AB,ida@kaffe.example,,+46 70 123 45 67,1 Kai,2 tr,Stockholm,111 22,,\
                Sweden,Buyer,,,\n\
                person_2,Bo,False,,,,,,,,,,,,,,,\n";
    let options = ImportOptions { external_system: Some("odoo".into()), ..create() };
    let landed = land(&database, file, &options).await?;
    landed.has(
        0,
        json!({
            "kind": "organization", "name": "Kaffe AB", "email": "info@kaffe.example", "phone": "+46 8 111 11 11",
            "address": "1 Kai", "city": "Stockholm", "zipCode": "111 22", "tags": ["Retail", "VIP"],
            "website": "http://kaffe.example", "taxId": "SE556677889901", "customFields": {},
        }),
    );
    landed.has(
        1,
        json!({
            "kind": "person", "name": "Ida Berg", "organizationName": "Kaffe AB", "phone": "+46 70 123 45 67",
            "addressLine2": "2 tr", "jobTitle": "Buyer", "customFields": { "relatedCompanyExternalId": "company_1" },
        }),
    );
    landed.has(2, json!({ "kind": "person", "name": "Bo" }));
    assert_eq!(landed.customers[0].external_refs, [ExternalRef::new("odoo", "company_1")]);
    Ok(())
}

async fn odoo_by_technical_names(database: TestDatabase) -> anyhow::Result<()> {
    let file = "id,name,is_company,parent_id/id,email,phone,mobile,street,street2,city,zip,state_id/id,country_id/id,function,\
                category_id/id,vat\n\
                company_1,Kaffe AB,True,,info@kaffe.example,,,1 Kai,,Stockholm,111 22,base.state_se_ab,base.se,,,SE556677889901\n\
                person_1,Ida Berg,False,company_1,ida@kaffe.example,,+46 70 123 45 67,,,,,,,Buyer,,\n\
                person_2,Bo,0,,,,,,,,,,,,,\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "kind": "organization", "name": "Kaffe AB", "address": "1 Kai", "city": "Stockholm", "countryCode": "SE",
            "country": "SE", "state": null, "taxId": "SE556677889901",
            "customFields": { "id": "company_1", "stateIdId": "base.state_se_ab" },
        }),
    );
    landed.has(1, json!({ "jobTitle": "Buyer", "phone": "+46 70 123 45 67", "kind": "person" }));
    assert_eq!(landed.customers[1].custom_fields["parentIdId"], json!("company_1"));
    landed.has(2, json!({ "kind": "person" }));
    Ok(())
}

async fn chatwoot(database: TestDatabase) -> anyhow::Result<()> {
    let file = "id,name,email,identifier,phone_number,company_name\n\
                1,Ida Berg,ida@kaffe.example,ext-1,+46701234567,Kaffe AB\n2,Bo,bo@example.com,,,\n3,,cy@example.com,,,Havn AS\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "name": "Ida Berg", "email": "ida@kaffe.example", "phone": "+46701234567", "organizationName": "Kaffe AB",
            "customFields": { "id": "1", "identifier": "ext-1" },
        }),
    );
    landed.has(1, json!({ "name": "Bo", "customFields": { "id": "2" } }));
    landed.has(2, json!({ "kind": "organization", "name": "Havn AS" }));
    Ok(())
}

async fn systeme_io(database: TestDatabase) -> anyhow::Result<()> {
    let file = "Email,First name,Surname,Phone number,Country,Tags,Date registered\n\
                ida@kaffe.example,Ida,Berg,+46701234567,Sweden,\"VIP, Press\",2026-01-05 09:00:00\n\
                bo@example.com,Bo,,,,,\ncy@example.com,,,,,,\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "name": "Ida Berg", "phone": "+46701234567", "countryCode": "SE", "tags": ["Press", "VIP"], "customFields": {},
        }),
    );
    assert_eq!(
        landed.customers[0].source_created_at.map(|at| at.to_rfc3339()).as_deref(),
        Some("2026-01-05T09:00:00+00:00")
    );
    landed.has(1, json!({ "name": "Bo" }));
    landed.has(2, json!({ "name": "cy@example.com" }));
    Ok(())
}

async fn espo_crm(database: TestDatabase) -> anyhow::Result<()> {
    let file = "salutationName;firstName;lastName;accountName;title;emailAddress;phoneNumber;phoneNumberMobile;addressStreet;\
                addressCity;addressPostalCode;addressCountry;assignedUserName;doNotCall;createdAt\n\
                Ms.;Ida;Berg;Kaffe AB;Buyer;ida@kaffe.example;+46 8 111 11 11;+46 70 123 45 67;1 Kai;Stockholm;111 22;Sweden;;0;\
                2026-01-05 09:00:00\n;Bo;;;;;;;;;;;;;\n;Cy;;;;;;;;;;;;;\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "name": "Ida Berg", "organizationName": "Kaffe AB", "jobTitle": "Buyer", "email": "ida@kaffe.example",
            "phones": ["+46 8 111 11 11", "+46 70 123 45 67"], "address": "1 Kai", "city": "Stockholm", "zipCode": "111 22",
            "countryCode": "SE", "salutation": "Ms.",
        }),
    );
    Ok(())
}
