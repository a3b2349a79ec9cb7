//! The words of headers, in the languages of the programs that write them: English, German, French, Spanish, Italian,
//! Portuguese, Dutch, and some of the Nordic ones and Polish.

/// Terms, and the folded words that stand for them. Each word stands once.
pub(super) const WORDS: &[(&str, &str)] = &[
    // What says nothing.
    (
        "",
        "a an the of and for from by de du des d la le les el los del della di da do dos das en et und der die y op \
         het van am per as has on at o ou oder or record",
    ),
    // People.
    ("name", "name names naam nom nombre nome namn navn nazwa"),
    ("first", "first given"),
    ("first name", "firstname forename vorname vornamen prenom prenoms voornaam fornamn fornavn imie rufname"),
    ("middle", "middle second segundo secondo deuxieme zweiter"),
    ("middle name", "middlename additionalname tussenvoegsel mellannamn mellomnavn"),
    ("last", "last family famille"),
    (
        "last name",
        "lastname surname familyname nachname familienname zuname apellido apellidos cognome sobrenome achternaam \
         efternamn etternavn efternavn nazwisko",
    ),
    ("salutation", "salutation anrede civilite tratamiento aanhef trattamento tratamento courtesy honorific"),
    ("prefix", "prefix prefijo prefisso prefixe prefixo voorvoegsel"),
    ("suffix", "suffix suffixe sufijo suffisso sufixo achtervoegsel namenszusatz"),
    ("title", "title titel titre titulo titolo"),
    ("full", "full complet completo complete volledige vollstandiger display formatted anzeigename"),
    ("person", "person persons people contact contacts kontakt kontakte contatto contacto contato contactpersoon"),
    ("customer", "customer customers client clients kunde kunden kund klant cliente subscriber member"),
    ("lead", "lead leads"),
    // Firms.
    (
        "company",
        "company companies organization organisation organizations organisations organizacion organizzazione \
         organizacao organisatie account accounts firma firmenname unternehmen societe entreprise empresa compania \
         azienda societa ditta bedrijf bedrijfsnaam foretag virksomhed bedrift employer arbeitgeber",
    ),
    ("company name", "companyname organizationname organisationname accountname"),
    ("related", "related associated parent linked"),
    (
        "department",
        "department dept abteilung departement departamento reparto afdeling avdeling avdelning dipartimento",
    ),
    (
        "job",
        "job position function role designation occupation funktion beruf berufsbezeichnung fonction poste puesto cargo \
         posizione mansione qualifica ruolo functie befattning stilling stanowisko tatigkeit",
    ),
    ("job title", "jobtitle positionstitel"),
    ("industry", "industry branche bransch"),
    ("employees", "employees mitarbeiter mitarbeiterzahl employes empleados dipendenti medewerkers headcount"),
    ("revenue", "revenue umsatz jahresumsatz turnover"),
    ("annual", "annual yearly"),
    ("size", "size"),
    ("tax", "tax steuer fiscal"),
    ("tax id", "vat ustid ustidnr uid nif siren siret kvk taxid vatid cif"),
    // Ways to reach people.
    (
        "email",
        "email emails mail mails emailaddresses courriel messagerie electronique correo electronico posta elettronica \
         eletronico epost epostadress epostadresse",
    ),
    ("email address", "emailadresse emailadres emailaddress mailadresse"),
    (
        "phone",
        "phone phones telephone telephones telefon telefono telefone telefonos telefoon tel telefonnummer telefonnr \
         telefoonnummer rufnummer phonenumber phonenumbers",
    ),
    ("mobile", "mobile mobil mobiel mobiele movil portable cell cellular cellphone handy"),
    ("mobile phone", "mobiltelefon mobilnummer handynummer cellulare celular telemovel mobilephone gsm komorka"),
    ("fax", "fax faxnummer telefax telecopie"),
    ("pager", "pager piepser bipeur"),
    ("assistant", "assistant assistants assistent asst secretary"),
    ("car", "car autotelefon radio"),
    ("number", "number numbers nr no num numero nummer"),
    ("calling", "calling dialing dialling vorwahl"),
    (
        "website",
        "website websites web webpage webseite webbplats webpagina url weburl websitelink homepage internet internetseite",
    ),
    ("site", "site sitio sito"),
    ("page", "page pagina"),
    ("domain", "domain"),
    // Addresses.
    ("address", "address addresses adresse adres adress direccion indirizzo endereco morada anschrift"),
    ("street", "street strasse rue calle via rua straat gata gate gatuadress ulica"),
    ("line", "line zeile ligne linea"),
    ("extended", "extended zusatz adresszusatz"),
    ("box", "box postfach"),
    ("po", "po"),
    (
        "city",
        "city town locality ort stadt wohnort ville ciudad poblacion localidad citta comune cidade stad plaats woonplaats \
         poststed postort miasto",
    ),
    ("state", "state province region county bundesland kanton provincia regione estado provincie lan fylke regio dep"),
    ("zip", "zip zipcode plz postleitzahl postcode postnummer postnr cap cep"),
    ("postal", "postal post postale"),
    ("code", "code codigo codice kod"),
    ("country", "country countries land pays pais paese nazione nation kraj"),
    // Which of several.
    (
        "work",
        "work business office geschaftlich dienstlich buro bureau professionnel professionnelle travail trabajo \
              negocio oficina laboral ufficio uff lavoro werk zakelijk kantoor arbete arbeid trabalho comercial",
    ),
    (
        "home",
        "home private personal privat domicile personnel perso casa particular domicilio abitazione ab thuis prive",
    ),
    (
        "other",
        "other others additional alt alternate alternative secondary weitere weiterer andere sonstige autre autres otro otra altro \
               altra overig overige anders outro outra",
    ),
    ("primary", "primary main haupt principal principale principales default primar primare"),
    ("mailing", "mailing"),
    ("billing", "billing invoice rechnung facturation facturacion"),
    ("shipping", "shipping delivery lieferung livraison envio"),
    ("value", "value valeur valor"),
    ("label", "label labels etiquette etiquettes libelle libelles etiqueta etiquetas etichetta etichette"),
    ("type", "type typ tipo kind"),
    // What the CRM knows about them.
    ("owner", "owner owners besitzer inhaber eigentumer proprietaire propietario proprietario eigenaar betreuer"),
    ("assigned", "assigned assignee zustandig zugewiesen verantwortlich"),
    ("user", "user"),
    ("sales", "sales vertrieb"),
    ("rep", "rep representative salesperson salesrep"),
    ("manager", "manager"),
    ("to", "to"),
    ("source", "source quelle herkunft origine origen fonte bron"),
    ("original", "original"),
    ("status", "status"),
    ("stage", "stage"),
    ("lifecycle", "lifecycle"),
    ("relationship", "relationship beziehung"),
    (
        "tags",
        "tag tags category categories group groups kategorie kategorien schlagwort schlagworte schlagworter gruppe \
         gruppen groupe groupes categorie categorias categoria grupos gruppi categorieen groep groepen kategori",
    ),
    ("membership", "membership"),
    (
        "notes",
        "note notes comment comments remark remarks notiz notizen bemerkung bemerkungen anmerkung anmerkungen kommentar \
         remarque remarques commentaire commentaires notas comentarios commenti notities opmerkingen anteckningar",
    ),
    ("description", "description beschreibung descripcion descrizione omschrijving"),
    ("language", "language sprache langue idioma lingua taal sprak"),
    ("preferred", "preferred bevorzugte"),
    ("time", "time zeit"),
    ("zone", "zone"),
    ("time zone", "timezone zeitzone"),
    ("deleted", "deleted geloscht"),
    ("opted out", "optout optedout abgemeldet desabonne"),
    ("opted", "opted opt"),
    ("out", "out"),
    ("unsubscribed", "unsubscribed unsub unsubscribe"),
    ("all", "all"),
    ("clean", "clean cleaned"),
    ("marketing", "marketing subscription"),
    ("is", "is"),
    ("not", "not dont"),
    // Dates.
    ("date", "date datum fecha data dato"),
    ("birth", "birth geburt naissance nacimiento nascita nascimento"),
    (
        "birth date",
        "birthday birthdate dob geburtstag geburtsdatum anniversaire cumpleanos compleanno verjaardag \
                    geboortedatum fodelsedag fodselsdag aniversario bday",
    ),
    ("day", "day"),
    ("month", "month"),
    ("year", "year"),
    ("created", "created create creation erstellt angelegt added entered registered cree creado creato aangemaakt"),
    // Ids.
    ("id", "id ids identifier kundennummer"),
    ("external", "external externe"),
    ("ref", "ref reference"),
];
