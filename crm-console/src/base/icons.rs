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
    "arrow-up",
    "building-2",
    "calendar",
    "check",
    "chevron-down",
    "circle-alert",
    "ellipsis",
    "gauge",
    "history",
    "lock",
    "log-out",
    "mail",
    "message-square",
    "pencil",
    "phone",
    "pin",
    "pin-off",
    "plus",
    "search",
    "tag",
    "trash-2",
    "user",
    "users",
    "video",
    "x",
);
