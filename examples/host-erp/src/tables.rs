//! The ERP's own tables, with integer keys, as they were before there was a CRM.

use sea_orm::entity::prelude::*;

/// The job of a person in the ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Job {
    /// Looks things up.
    Clerk,
    /// Books invoices.
    Bookkeeper,
    /// May do everything.
    Boss,
}

/// Who works where.
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

    /// None that the program follows.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who gets invoices. The CRM has customers too, in a table of another name.
pub mod customer {
    use sea_orm::entity::prelude::*;

    /// One of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "customers")]
    pub struct Model {
        /// The number.
        #[sea_orm(primary_key)]
        pub id: i64,
        /// The firm whose customer this is.
        pub company_id: i64,
        /// The name.
        pub name: String,
        /// Where invoices go.
        pub email: Option<String>,
    }

    /// None that the program follows.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was booked.
pub mod invoice {
    use sea_orm::entity::prelude::*;

    /// One of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoices")]
    pub struct Model {
        /// Whose invoice it is.
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: i64,
        /// Its number, given once in a company.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        /// Who gets it.
        pub customer_id: i64,
        /// Over how much.
        pub cents: i64,
    }

    /// None that the program follows.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who is logged in.
pub mod session {
    use sea_orm::entity::prelude::*;

    /// One of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        /// What its token comes to; the token itself is nowhere here.
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        /// Who it is.
        pub employee_id: i64,
        /// Until when.
        pub expires_at: ChronoDateTimeUtc,
    }

    /// None that the program follows.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
