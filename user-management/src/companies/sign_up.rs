//! Open sign-up: anybody adds a company.

use crm_core::Violations;
use secrecy::SecretString;

use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;
use crate::sign_ins::guard;
use crate::users::{NewUser, User};

impl UserManagement {
    /// Adds a company for a visitor. Where mail is sent, the address is confirmed first: the outcome is `None`, the
    /// same for an address that has an account, and the password is chosen with the invitation. When the invitation
    /// expires, the company is deleted, and nobody has learned of it. Without mail the administrator is active at once.
    /// Pointers are those of a flat form.
    ///
    /// # Errors
    /// Invalid values; [`Error::TooManyAttempts`] for many sign-ups with one address; without mail
    /// [`Conflict::UserEmailTaken`](crate::Conflict::UserEmailTaken).
    pub async fn sign_up(&self, company: &str, admin: NewUser, password: Option<SecretString>) -> Result<Option<User>> {
        guard::sign_up(self, admin.email.as_deref().unwrap_or_default()).await?;
        if self.sends_mail() {
            let until = self.now() + self.lifetime(self.options().invitation);
            self.create(company, admin, None, Some(until)).await.map_err(flat)?;
            return Ok(None);
        }
        let Some(password) = password else {
            let mut violations = Violations::default();
            violations.add("/password", "required", "a value is required");
            return Err(violations.into());
        };
        let (_, user, _) = self.create_company(company, admin, Some(password)).await.map_err(flat)?;
        Ok(Some(user))
    }
}

/// The pointers of the company's name and of the administrator, as a form has them.
fn flat(error: Error) -> Error {
    let Error::Core(crm_core::Error::Invalid(mut violations)) = error else {
        return error;
    };
    for violation in &mut violations.0 {
        violation.pointer = match violation.pointer.strip_prefix("/admin/") {
            Some(field) => format!("/{field}"),
            None if violation.pointer == "/name" => "/companyName".to_owned(),
            None => std::mem::take(&mut violation.pointer),
        };
    }
    violations.into()
}
