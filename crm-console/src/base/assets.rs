//! The files that pages need: built by `assets/build`, inside the program, named by their content.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A file, and the name under which it is served. The name changes with the content, so a browser may keep it for ever.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The name in addresses: `console-0123456789ab.css`.
    pub name: String,
    /// The media type.
    pub media_type: &'static str,
    /// The content.
    pub content: Vec<u8>,
}

impl Asset {
    /// A file that is called `stem.extension`.
    #[must_use]
    pub fn new(stem: &str, extension: &str, media_type: &'static str, content: &[u8]) -> Self {
        let digest = hex::encode(&Sha256::digest(content)[..6]);
        Self { name: format!("{stem}-{digest}.{extension}"), media_type, content: content.to_vec() }
    }

    /// A style sheet.
    #[must_use]
    pub fn style_sheet(stem: &str, content: &[u8]) -> Self {
        Self::new(stem, "css", "text/css; charset=utf-8", content)
    }
}

/// The files of every console.
#[derive(Debug)]
pub struct Assets {
    /// The style sheet.
    pub style: Asset,
    /// htmx.
    pub htmx: Asset,
    /// The script of the console itself.
    pub script: Asset,
    /// The script of the palette and of the way through a list.
    pub keys: Asset,
    /// What shows the changes of others.
    pub live: Asset,
    /// What makes a choice of several easy.
    pub choose: Asset,
    /// What moves cards on a board, and rows of a form.
    pub board: Asset,
    /// The icon of the tab.
    pub icon: Asset,
}

/// The files as they are built in.
pub static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    Assets {
        style: Asset::style_sheet("console", include_bytes!("../../assets/dist/console.css")),
        htmx: Asset::new("htmx", "js", SCRIPT, include_bytes!("../../assets/dist/htmx.min.js")),
        script: Asset::new("console", "js", SCRIPT, include_bytes!("../../assets/dist/console.js")),
        keys: Asset::new("keys", "js", SCRIPT, include_bytes!("../../assets/dist/keys.js")),
        live: Asset::new("live", "js", SCRIPT, include_bytes!("../../assets/dist/live.js")),
        choose: Asset::new("choose", "js", SCRIPT, include_bytes!("../../assets/dist/choose.js")),
        board: Asset::new("board", "js", SCRIPT, include_bytes!("../../assets/dist/board.js")),
        icon: Asset::new("icon", "svg", "image/svg+xml", include_bytes!("../../assets/dist/icon.svg")),
    }
});

impl Assets {
    /// The file with this name in addresses.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Asset> {
        [&self.style, &self.htmx, &self.script, &self.keys, &self.live, &self.choose, &self.board, &self.icon]
            .into_iter()
            .find(|asset| asset.name == name)
    }
}
