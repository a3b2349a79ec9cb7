//! The ERP's own tables, with integer keys, as they were before there was a CRM.

use sea_orm::entity::prelude::*;

/// The job of a person in the ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Job {
    /// Reads everything.
    Clerk,
    /// Books invoices.
    Bookkeeper,
    /// All rights.
    Boss,
}

/// The employees.
pub mod employee {
    use sea_orm::entity::prelude::*;

    /// One of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "employees")]
    pub struct Model {
        /// The number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The employer.
        pub company_id: i64,
        /// The name.
        pub name: String,
        /// The job.
        pub job: super::Job,
    }

    /// No relations in the program.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The recipients of invoices. The CRM has customers too, in a table with another name.
pub mod customer {
    use sea_orm::entity::prelude::*;

    /// One of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "customers")]
    pub struct Model {
        /// The number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The company of the customer.
        pub company_id: i64,
        /// The name.
        pub name: String,
        /// The e-mail address for invoices.
        pub email: Option<String>,
    }

    /// No relations in the program.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The invoices.
pub mod invoice {
    use sea_orm::entity::prelude::*;

    /// One of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoices")]
    pub struct Model {
        /// The company of the invoice.
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        /// The number, unique in a company.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        /// The recipient.
        pub customer_id: i64,
        /// The amount.
        pub cents: i64,
    }

    /// No relations in the program.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The sessions.
pub mod session {
    use sea_orm::entity::prelude::*;

    /// One of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        /// The digest of the token; the token itself is not stored.
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        /// The employee.
        pub employee_id: i64,
        /// The expiry.
        pub expires_at: ChronoDateTimeUtc,
    }

    /// No relations in the program.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
