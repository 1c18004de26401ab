//! The environment: Spark's `ApplicationEnvironmentInfo`.

use serde_json::{Map, Value, json};

use crate::ui::app::App;

/// Settings and what the program runs on.
pub fn of(app: &App) -> Value {
    let section = |name: &str| app.environment.iter().find(|section| section.name == name).map(|found| &found.entries);
    let runtime: Map<String, Value> = section("runtime")
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect();
    let pairs = |name: &str| section(name).map_or(json!([]), |entries| json!(entries));
    json!({
        "runtime": runtime,
        "sparkProperties": pairs("sparkProperties"),
        "hadoopProperties": pairs("hadoopProperties"),
        "systemProperties": pairs("systemProperties"),
        "metricsProperties": pairs("metricsProperties"),
        "classpathEntries": pairs("classpathEntries"),
        "resourceProfiles": [{
            "id": 0,
            "executorResources": {},
            "taskResources": { "cpus": { "resourceName": "cpus", "amount": 1.0 } },
        }],
    })
}
