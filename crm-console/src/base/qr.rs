//! QR codes.

use qrcode::{Color, EcLevel, QrCode};
use secrecy::{ExposeSecret, SecretString};

/// The light frame that readers need, in modules.
const QUIET: usize = 4;

/// A QR code as a drawing.
pub struct Qr {
    /// The width and the height, in modules.
    pub size: usize,
    /// The dark modules, as the `d` of an SVG path.
    pub path: SecretString,
}

impl Qr {
    /// The code of a text; nothing if the text is too long for one.
    #[must_use]
    pub fn of(text: &SecretString) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text.expose_secret(), EcLevel::M).ok()?;
        let (width, modules) = (code.width(), code.to_colors());
        let mut path = String::new();
        for (y, row) in modules.chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    path += &format!("M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len());
                }
                x += run.len();
            }
        }
        Some(Self { size: width + 2 * QUIET, path: path.into() })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{QUIET, Qr};

    #[test]
    fn a_code_has_its_three_corners() {
        let code = Qr::of(&"otpauth://totp/CRM:ann@example.com?secret=ABC".into()).unwrap();
        let path = code.path.expose_secret();
        let (first, last) = (QUIET, code.size - QUIET - 1);
        // A corner is seven modules wide and high.
        for (x, y) in [(first, first), (last - 6, first), (first, last)] {
            assert!(path.contains(&format!("M{x} {y}h7v1h-7z")), "{x} {y}: {path}");
        }
        assert!(!path.contains(&format!("M{} {last}h7", last - 6)));
        assert!(Qr::of(&"x".repeat(3_000).into()).is_none());
    }
}
