//! Writes the log as lines of JSON.
//!
//! The formatter of the library parses and rewrites the recorded fields of a span for each record and each line. Here
//! they are stored in their final form.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Formats fields as members of an object, each after a comma: `,"http.method":"GET"`.
pub(super) struct Fields;

/// Formats events as objects, one a line.
pub(super) struct Lines;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut members = Members { writer, outcome: Ok(()) };
        fields.record(&mut members);
        members.outcome
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

impl<S> FormatEvent<S, Fields> for Lines
where
    S: Subscriber + for<'l> LookupSpan<'l>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Fields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\"", event.metadata().level())?;
        Fields.format_fields(writer.by_ref(), event)?;
        write!(writer, ",\"target\":\"{}\"", event.metadata().target())?;
        let mut spans = context.event_scope().into_iter().flatten();
        if let Some(innermost) = spans.next() {
            write_span(&mut writer, "span", &innermost)?;
        }
        // Log lines inside the request must have its id, too.
        if let Some(outermost) = spans.last() {
            write_span(&mut writer, "request", &outermost)?;
        }
        writer.write_str("}\n")
    }
}

fn write_span<'s, S: LookupSpan<'s>>(writer: &mut Writer<'_>, member: &str, span: &SpanRef<'s, S>) -> fmt::Result {
    write!(writer, ",\"{member}\":{{\"name\":\"{}\"", span.name())?;
    if let Some(fields) = span.extensions().get::<FormattedFields<Fields>>() {
        writer.write_str(fields)?;
    }
    writer.write_char('}')
}

struct Members<'w> {
    writer: Writer<'w>,
    outcome: fmt::Result,
}

impl Members<'_> {
    fn write(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if self.outcome.is_ok() {
            let name = field.name().trim_start_matches("r#");
            self.outcome = write!(self.writer, ",\"{name}\":{value}");
        }
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.write(field, format_args!("{value}"));
        } else {
            self.write(field, format_args!("null"));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // A string is always JSON.
        self.write(field, format_args!("{}", serde_json::to_string(value).unwrap_or_default()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::field::Empty;
    use tracing_subscriber::fmt::MakeWriter;

    use super::{Fields, Lines};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn logged(log: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let lines = tracing_subscriber::fmt().fmt_fields(Fields).event_format(Lines).with_writer(kept.clone());
        tracing::subscriber::with_default(lines.finish(), log);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_line_is_json_and_has_the_id_of_its_request() {
        let lines = logged(|| {
            let request = tracing::info_span!("request", request_id = "a\"b\\", http.route = Empty);
            let _entered = request.enter();
            request.record("http.route", "/api/customers");
            tracing::info_span!("customers.list", company.id = 7)
                .in_scope(|| tracing::warn!(millis = 1.5, odd = f64::NAN, r#type = true, "slow\n"));
            let error = io::Error::other("of \"others\"");
            tracing::error!(error = &error as &dyn std::error::Error, cause = ?Some("x"), "failed {}", 1);
        });
        let [slow, failed] = &lines[..] else { panic!("{lines:?}") };
        let request = json!({ "name": "request", "request_id": "a\"b\\", "http.route": "/api/customers" });
        assert_eq!(slow["request"], request);
        assert_eq!(slow["span"], json!({ "name": "customers.list", "company.id": 7 }));
        assert_eq!(
            [&slow["level"], &slow["millis"], &slow["odd"], &slow["type"], &slow["message"]],
            [&json!("WARN"), &json!(1.5), &Value::Null, &json!(true), &json!("slow\n")]
        );
        assert_eq!((&failed["span"], failed.get("request")), (&request, None));
        assert_eq!(
            [&failed["error"], &failed["cause"], &failed["message"]],
            ["of \"others\"", "Some(\"x\")", "failed 1"]
        );
        assert!(failed["timestamp"].as_str().unwrap().ends_with('Z'));
    }
}
