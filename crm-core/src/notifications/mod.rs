//! Notifications: what users are told of, because it concerns them.
//!
//! - A user is notified when a task, a planned interaction, a deal or a lead is [assigned](NotificationKind::Assigned) to them,
//!   when a text [mentions](NotificationKind::Mentioned) them, when one of their tasks is [due](NotificationKind::Due),
//!   by [reminders](NotificationKind::Reminder), when a deal of theirs [moves](NotificationKind::StageChanged), and when a
//!   lead of theirs was [not answered in time](NotificationKind::ResponseFailed).
//! - Nobody is notified of what they did themselves.
//! - A notification names a record. Its title is read with it: what the user may not see, what is in the trash and what
//!   is gone is neither listed nor counted.
//! - They are written in the transaction of their cause, and are private to their user. On PostgreSQL they are part of
//!   the statement with which a write ends.
//! - What happens again to a record before it is read makes the notification new, and its `count` grows.
//! - A mention is written `@[Ann Lee](user:019eca9d-cdc0-7000-8000-000000000001)`, in shared notes and in interactions.
//!   The name is for readers; the id counts. Other texts, and users that the CRM does not know or who are inactive,
//!   mention nobody. A text mentions at most 20 users, and a change only those that it adds.
//! - With a [`Mailer`] users get by e-mail what their [preferences](crate::preferences::NotificationPreferences) say:
//!   notifications that are unread after two minutes, reminders of tasks, and a digest each morning. Mails are sent by
//!   jobs, and name tasks by their titles, and no other content.
//! - Users keep their last 500: see [`Crm::delete_old_notifications`](crate::Crm::delete_old_notifications).

mod cleanup;
mod mail;
mod mentions;
mod model;
mod repo;
mod row;
mod tell;
mod visible;

pub(crate) use cleanup::delete_old;
pub(crate) use mail::{Digests, NotificationMails, ReminderMail, mail_reminders};
pub use mail::{SendDigest, SendNotifications, SendReminder};
pub use model::{Notification, NotificationKind, NotifiedRecord};
pub use repo::{NotificationQuery, Notifications};
pub(crate) use tell::{Notice, mention, tell, tell_each};

pub use crate::scope::mail::{Mail, MailError, Mailer};

crate::scope::company_owned!(row, Id, CreatedAt);
