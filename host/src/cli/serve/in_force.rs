//! Which limits are in force, one line of the log for each table. Knows nothing of what they mean.

use serde_json::Value;

use crate::config::Config;

/// Says every limit that the host starts with: who reads the log later need not know its configuration.
pub(super) fn say(config: &Config) {
    for line in lines(config) {
        tracing::info!("{line}");
    }
}

fn lines(config: &Config) -> Vec<String> {
    let tables = config.tables().into_iter();
    tables.map(|(table, values)| line(table, &values)).collect()
}

fn line(table: &str, settings: &Value) -> String {
    let values = settings.as_object().into_iter().flatten();
    let pairs = values.map(|(key, value)| format!(" {key}={value}"));
    format!("in force: [{table}]{}", pairs.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_one_line_with_all_its_values_and_no_token() {
        let file = "[operations]\ntoken = \"hush-hush-hush-hush\"\n";
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("retort.toml");
        std::fs::write(&path, file).expect("written");
        let config = Config::load(Some(&path), [], &Default::default()).expect("it is valid");
        let lines = lines(&config);
        let operations = "in force: [operations] listen=null connections=16 canary_ms=50";
        assert!(lines.iter().any(|line| line == operations), "{lines:?}");
        let limits = "in force: [limits] deadline_ms=800 fuel=1000000000 ";
        assert!(lines[0].starts_with(limits), "{lines:?}");
    }
}
