//! The same programs in other languages.

use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::landed;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [german, french, spanish, italian, dutch]);
}

async fn german(database: TestDatabase) -> anyhow::Result<()> {
    let file = "Anrede;Vorname;Nachname;Firma;Position;E-Mail-Adresse;Telefon geschäftlich;Mobiltelefon;Straße geschäftlich;\
                Ort geschäftlich;Postleitzahl geschäftlich;Land/Region geschäftlich;Kategorien;Notizen;Geburtstag\r\n\
                Frau;Ida;Müller;Käse GmbH;Einkäuferin;ida@kaese.example;030 901820;0171 1234567;Großer Weg 1;Köln;50667;\
                Deutschland;Presse;Mag Tee;06.10.1987\r\n\
                ;Bo;Ström;;;;;0171 7654321;;;;;;;\r\n;;;Fjord AG;;info@fjord.example;;;;;;;;;\r\n";
    let file: Vec<u8> = file.chars().map(|letter| u8::try_from(u32::from(letter)).expect("Windows-1252")).collect();
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "salutation": "Frau", "name": "Ida Müller", "organizationName": "Käse GmbH", "jobTitle": "Einkäuferin",
            "email": "ida@kaese.example", "phone": "030 901820", "phoneE164": "+4930901820",
            "phones": ["030 901820", "0171 1234567"], "address": "Großer Weg 1", "city": "Köln", "zipCode": "50667",
            "countryCode": "DE", "tags": ["Presse"], "birthDate": "1987-10-06", "customFields": {},
        }),
    );
    assert_eq!(landed.notes(0).await?, ["Mag Tee"]);
    landed.has(1, json!({ "phone": "0171 7654321" }));
    landed.has(2, json!({ "kind": "organization", "name": "Fjord AG" }));
    let short =
        super::landed(&database, "Vorname;Name;PLZ;Ort;Bemerkung\nIda;Berg;50667;Köln;\nBo;Ray;;;\nCy;;;;\n").await?;
    short.has(0, json!({ "name": "Ida Berg", "lastName": "Berg", "zipCode": "50667", "city": "Köln" }));
    Ok(())
}

async fn french(database: TestDatabase) -> anyhow::Result<()> {
    let file = "Civilité,Prénom,Nom,Société,Fonction,Adresse de messagerie,Téléphone (bureau),Tél. mobile,Rue (bureau),\
                Ville (bureau),Code postal (bureau),Pays/Région (bureau),Catégories,Date de naissance,Page Web\n\
                Mme,Ida,Berg,Café SA,Acheteuse,ida@cafe.example,+33 1 42 68 53 00,+33 6 12 34 56 78,1 Quai,Paris,75001,France,\
                Presse,1987-10-06,https://cafe.example\n\
                ,Bo,Roi,,,,,+33 6 12 34 56 79,,,,,,,\n,,,Fjord SA,,,,,,,,,,,\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "salutation": "Mme", "name": "Ida Berg", "lastName": "Berg", "organizationName": "Café SA",
            "jobTitle": "Acheteuse", "email": "ida@cafe.example", "phone": "+33 1 42 68 53 00",
            "phones": ["+33 1 42 68 53 00", "+33 6 12 34 56 78"], "address": "1 Quai", "city": "Paris", "zipCode": "75001",
            "countryCode": "FR", "tags": ["Presse"], "birthDate": "1987-10-06", "website": "https://cafe.example",
            "customFields": {},
        }),
    );
    landed.has(1, json!({ "phone": "+33 6 12 34 56 79" }));
    landed.has(2, json!({ "kind": "organization", "name": "Fjord SA" }));
    Ok(())
}

async fn spanish(database: TestDatabase) -> anyhow::Result<()> {
    let file = "Nombre;Segundo nombre;Apellidos;Empresa;Puesto;Dirección de correo electrónico;Teléfono del trabajo;\
                Teléfono móvil;Calle del trabajo;Ciudad de trabajo;Código postal del trabajo;País o región del trabajo;\
                Categorías;Cumpleaños\n\
                Ida;María;Berg;Café SL;Compradora;ida@cafe.example;+34 912 345 678;+34 612 345 678;Calle 1;Madrid;28001;España;\
                Prensa;06.10.1987\n\
                Bo;;Rey;;;;;+34 612 345 679;;;;;;\n;;;Fjord SL;;;;;;;;;;\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "firstName": "Ida", "middleName": "María", "lastName": "Berg", "organizationName": "Café SL",
            "jobTitle": "Compradora", "email": "ida@cafe.example", "phone": "+34 912 345 678", "address": "Calle 1",
            "city": "Madrid", "zipCode": "28001", "countryCode": "ES", "tags": ["Prensa"], "birthDate": "1987-10-06",
            "customFields": {},
        }),
    );
    landed.has(1, json!({ "phone": "+34 612 345 679", "lastName": "Rey" }));
    landed.has(2, json!({ "kind": "organization", "name": "Fjord SL" }));
    Ok(())
}

async fn italian(database: TestDatabase) -> anyhow::Result<()> {
    let file = "Nome,Secondo nome,Cognome,Società,Posizione,Indirizzo posta elettronica,Tel. (uff.),Cellulare,Via (uff.),\
                Città (uff.),CAP (uff.),Paese (uff.),Categorie,Note,Sito web\n\
                Ida,,Berg,Caffè Srl,Buyer,ida@caffe.example,+39 06 69812345,+39 320 1234567,Via 1,Roma,00100,Italia,Stampa,\
                Ama il tè,https://caffe.example\n\
                Bo,,Re,,,,,+39 320 1234568,,,,,,,\n,,,Fjord Srl,,,,,,,,,,,\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "firstName": "Ida", "lastName": "Berg", "organizationName": "Caffè Srl", "jobTitle": "Buyer",
            "email": "ida@caffe.example", "phone": "+39 06 69812345", "phones": ["+39 06 69812345", "+39 320 1234567"],
            "address": "Via 1", "city": "Roma", "zipCode": "00100", "countryCode": "IT", "tags": ["Stampa"],
            "website": "https://caffe.example", "customFields": {},
        }),
    );
    assert_eq!(landed.notes(0).await?, ["Ama il tè"]);
    landed.has(1, json!({ "phone": "+39 320 1234568" }));
    landed.has(2, json!({ "kind": "organization", "name": "Fjord Srl" }));
    Ok(())
}

async fn dutch(database: TestDatabase) -> anyhow::Result<()> {
    let file = "Voornaam;Tussenvoegsel;Achternaam;Bedrijf;Functie;E-mailadres;Telefoon op werk;Mobiele telefoon;\
                Werkadres, straat;Werkadres, plaats;Werkadres, postcode;Werkadres, land/regio;Categorieën;Verjaardag\n\
                Ida;van den;Berg;Koffie BV;Inkoper;ida@koffie.example;+31 20 123 4567;+31 6 12345678;Kade 1;Amsterdam;1011 AB;\
                Nederland;Pers;06.10.1987\n\
                Bo;;Koning;;;;;+31 6 12345679;;;;;;\n;;;Fjord BV;;;;;;;;;;\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "name": "Ida van den Berg", "organizationName": "Koffie BV", "jobTitle": "Inkoper", "email": "ida@koffie.example",
            "phone": "+31 20 123 4567", "phones": ["+31 20 123 4567", "+31 6 12345678"], "address": "Kade 1",
            "city": "Amsterdam", "zipCode": "1011 AB", "countryCode": "NL", "tags": ["Pers"], "birthDate": "1987-10-06",
            "customFields": {},
        }),
    );
    landed.has(1, json!({ "phone": "+31 6 12345679" }));
    landed.has(2, json!({ "kind": "organization", "name": "Fjord BV" }));
    Ok(())
}
