//! Two transactions of one scope would be savepoints on one stack: one's rollback takes the other's committed rows.

use crm_core::CompanyScope;

async fn nested(scope: &mut CompanyScope<'_>) -> crm_core::Result<()> {
    let first = scope.begin().await?;
    let second = scope.begin().await?; //~ E0499
    second.commit().await?;
    drop(first);
    Ok(())
}

fn main() {}
