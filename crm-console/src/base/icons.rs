//! Icons (Lucide), inlined when the program is compiled.

macro_rules! icons {
    ($($name:literal),+ $(,)?) => {
        /// The SVG of an icon; an empty text for a name that is none.
        #[must_use]
        pub fn icon(name: &str) -> &'static str {
            match name {
                $($name => include_str!(concat!("../../assets/dist/icons/", $name, ".svg")),)+
                _ => "",
            }
        }
    };
}

icons!(
    "activity",
    "arrow-down",
    "arrow-right-left",
    "arrow-up",
    "at-sign",
    "bell",
    "building-2",
    "calendar",
    "calendar-check",
    "calendar-clock",
    "chart-column",
    "check",
    "chevron-down",
    "chevron-up",
    "circle-alert",
    "circle-dollar-sign",
    "columns-3",
    "copy",
    "download",
    "ellipsis",
    "gauge",
    "eye",
    "eye-off",
    "frown",
    "grip-vertical",
    "history",
    "key-round",
    "keyboard",
    "list-checks",
    "lock",
    "log-out",
    "mail",
    "meh",
    "merge",
    "message-square",
    "panel-left-close",
    "panel-left-open",
    "pencil",
    "phone",
    "pin",
    "pin-off",
    "plus",
    "rotate-cw",
    "search",
    "send",
    "settings",
    "smile",
    "sparkles",
    "square-kanban",
    "star",
    "tag",
    "trash-2",
    "undo-2",
    "upload",
    "user",
    "user-plus",
    "users",
    "users-round",
    "video",
    "x",
);
