//! The table of a service's settings: reading, `.env.example` and `--help` are generated from it.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use ::config::{Config as Sources, Environment, File, FileFormat};

use super::Reader;

/// A setting. An environment variable has the name `name`; in a file the name is in lower case.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The default; empty for none.
    pub default: &'static str,
    /// An example value, for settings without a default.
    pub example: &'static str,
    /// What it does.
    pub help: &'static str,
    /// The section of the setting.
    pub section: &'static str,
}

/// Lists settings, section by section: a `&'static [Variable]`.
///
/// ```
/// use crm_web::settings::Variable;
///
/// const VARIABLES: &[Variable] = crm_web::variables! {
///     "HTTP" {
///         "PORT" = "5000" (""): "The port to listen on.";
///         "WORKERS" = "" ("2"): "The number of worker threads; one per core if empty.";
///     }
/// };
/// assert_eq!((VARIABLES[0].default, VARIABLES[1].example), ("5000", "2"));
/// ```
#[macro_export]
macro_rules! variables {
    ($($section:literal { $($name:literal = $default:literal ($example:literal): $help:literal;)+ })+) => {
        &[$($($crate::settings::Variable {
            name: $name,
            default: $default,
            example: $example,
            help: $help,
            section: $section,
        },)+)+]
    };
}

/// The errors of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFaults(pub Vec<String>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings do not fit together:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigFaults {}

/// All settings of a service.
#[derive(Clone, Copy, Debug)]
pub struct SettingsTable {
    /// The settings.
    pub variables: &'static [Variable],
    /// The environment variable that names the file.
    pub file_variable: &'static str,
}

impl SettingsTable {
    /// Reads settings of this process; `file` goes before the file that the environment names.
    ///
    /// # Errors
    /// All errors of these settings.
    pub fn load<T>(&self, file: Option<&Path>, section: impl FnOnce(&mut Reader) -> T) -> Result<T, ConfigFaults> {
        let environment: HashMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let named = environment.get(self.file_variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        self.read(file.or(named.as_deref()), environment, section)
    }

    /// Reads settings from a file and from the given environment.
    ///
    /// # Errors
    /// All errors of these settings.
    pub fn read<T>(
        &self,
        file: Option<&Path>,
        environment: HashMap<String, String>,
        section: impl FnOnce(&mut Reader) -> T,
    ) -> Result<T, ConfigFaults> {
        let settings = self.sources(file, environment).map_err(|fault| ConfigFaults(vec![fault]))?;
        let mut faults = self.unknown_settings(&settings);
        let mut reader = Reader::new(settings);
        let section = section(&mut reader);
        faults.extend(reader.into_faults());
        if faults.is_empty() { Ok(section) } else { Err(ConfigFaults(faults)) }
    }

    /// The text of `.env.example`: `heading`, and then all settings. Those of `required` are no comments.
    #[must_use]
    pub fn env_example(&self, heading: &str, required: &[&str]) -> String {
        let mut text = heading.to_owned();
        let mut section = "";
        for variable in self.variables {
            if section != variable.section {
                section = variable.section;
                let _ = write!(text, "\n## {section}\n");
            }
            let mark = if required.contains(&variable.name) { "" } else { "# " };
            let value = [variable.default, variable.example].concat();
            let _ = write!(text, "\n# {}\n{mark}{}={value}\n", variable.help, variable.name);
        }
        text
    }

    fn sources(&self, file: Option<&Path>, environment: HashMap<String, String>) -> Result<Sources, String> {
        let mut sources = Sources::builder();
        for Variable { name, default, .. } in self.variables.iter().filter(|variable| !variable.default.is_empty()) {
            sources = sources.set_default(name.to_lowercase(), *default).map_err(|error| error.to_string())?;
        }
        if let Some(file) = file {
            sources = sources.add_source(File::from(file).format(FileFormat::Toml));
        }
        let known = environment.into_iter().filter(|(name, _)| self.is_known(name)).collect();
        let sources = sources.add_source(Environment::default().ignore_empty(true).source(Some(known)));
        sources.build().map_err(|error| error.to_string())
    }

    fn is_known(&self, name: &str) -> bool {
        self.variables.iter().any(|variable| variable.name == name)
    }

    /// The environment contains other variables, a file does not: an unknown name in it is an error.
    fn unknown_settings(&self, settings: &Sources) -> Vec<String> {
        let names = settings.cache.clone().into_table().unwrap_or_default();
        let mut unknown: Vec<String> = names
            .into_keys()
            .filter(|name| !self.is_known(&name.to_uppercase()))
            .map(|name| format!("{name}: there is no such setting"))
            .collect();
        unknown.sort_unstable();
        unknown
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigFaults, SettingsTable};
    use crate::service::Limits;
    use crate::settings::{HttpConfig, LogConfig};

    const TABLE: SettingsTable = SettingsTable {
        variables: crate::variables! {
            "HTTP" {
                "HOST" = "" ("::1"): "The address to listen on.";
                "PORT" = "3001" (""): "The port to listen on.";
                "BODY_LIMIT" = "64KiB" (""): "The size of a body.";
            }
            "Logging" { "LOG_LEVEL" = "info" (""): "The level."; }
        },
        file_variable: "USERS_CONFIG",
    };

    fn read(settings: &[(&str, &str)]) -> Result<(HttpConfig, LogConfig), ConfigFaults> {
        let environment = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        TABLE.read(None, environment, |reader| (HttpConfig::from_reader(reader), LogConfig::from_reader(reader)))
    }

    #[test]
    fn a_service_has_the_settings_of_its_table() {
        let (http, log) = read(&[("HOST", "::1"), ("REQUEST_TIMEOUT", "1s")]).unwrap();
        assert_eq!((http.host.as_str(), http.port, log.level.as_str()), ("::1", 3001, "info"));
        let limits = Limits { body: 64 * 1024, streams: http.limits.streams, ..Limits::default() };
        assert_eq!(http.limits, limits, "what is no setting of the service is the default");
        let faults = read(&[("PORT", "many"), ("LOG_LEVEL", "a=loud")]).unwrap_err();
        assert_eq!(faults.0.len(), 2, "{faults}");
    }

    #[test]
    fn the_example_has_every_setting_in_its_section() {
        let expected = "# Ours.\n\n## HTTP\n\n# The address to listen on.\n# HOST=::1\n\n\
                        # The port to listen on.\nPORT=3001\n\n# The size of a body.\n# BODY_LIMIT=64KiB\n\n\
                        ## Logging\n\n# The level.\n# LOG_LEVEL=info\n";
        assert_eq!(TABLE.env_example("# Ours.\n", &["PORT"]), expected);
    }
}
