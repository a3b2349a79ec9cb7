//! Markdown as HTML that is safe by construction: raw HTML stays text, addresses have a known scheme, nothing is loaded.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// The schemes that links may have.
const SCHEMES: &[&str] = &["http://", "https://", "mailto:", "tel:"];

/// The HTML of a text. Whatever the text holds, the HTML has no scripts, styles, handlers, forms or images.
#[must_use]
pub fn render(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut held = Vec::new();
    let events = Parser::new_ext(text, options).filter_map(move |event| safe(event, &mut held));
    let mut out = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut out, events);
    out
}

/// `held` remembers for each open link whether it is written.
fn safe<'t>(event: Event<'t>, held: &mut Vec<bool>) -> Option<Event<'t>> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::SoftBreak => Some(Event::HardBreak),
        Event::Start(Tag::Link { dest_url, link_type, title, id }) => {
            let is_safe = has_safe_scheme(&dest_url);
            held.push(is_safe);
            is_safe.then_some(Event::Start(Tag::Link { dest_url, link_type, title, id }))
        }
        Event::End(TagEnd::Link) => held.pop().unwrap_or_default().then_some(event),
        // What an image shows instead is kept as text.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        // Styles are not allowed by the content security policy.
        Event::Start(Tag::Table(columns)) => {
            Some(Event::Start(Tag::Table(vec![pulldown_cmark::Alignment::None; columns.len()])))
        }
        Event::Start(Tag::CodeBlock(_)) => Some(Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Indented))),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        // A box that cannot be ticked is no form.
        Event::TaskListMarker(done) => Some(Event::Text(CowStr::Borrowed(if done { "☑ " } else { "☐ " }))),
        other => Some(other),
    }
}

fn has_safe_scheme(address: &str) -> bool {
    let lower = address.trim().to_ascii_lowercase();
    SCHEMES.iter().any(|scheme| lower.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn markdown_is_rendered() {
        assert_eq!(render("Wants a **quote**"), "<p>Wants a <strong>quote</strong></p>\n");
        assert_eq!(render("[us](https://example.com)"), "<p><a href=\"https://example.com\">us</a></p>\n");
    }

    #[test]
    fn nothing_dangerous_comes_through() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,<script>)",
            "![x](https://tracker.example/p.png)",
            "<https://example.com/\"onmouseover=alert(1)>",
            "<div style=\"x\">\n\nhello\n\n</div>",
            "```\"><script>\nx\n```",
            "| a |\n|:-:|\n| <b onclick=x> |",
            "[x](https://example.com \"t\\\" onclick=alert(1)\")",
        ] {
            let html = render(text);
            for bad in ["<script", "<img", "href=\"javascript", "href=\"data", "<div", "style=\"", "<b "] {
                assert!(!html.to_lowercase().contains(bad), "{text} gives {html}");
            }
            assert!(!html.contains("\" on"), "{text} gives {html}");
        }
    }
}
