//! Functions: any JSON in, any JSON out.

use serde::Deserialize;
use serde_json::Value;

use crate::{ConfigProblem, Fault, Unreadable};

#[doc(hidden)]
#[allow(
    missing_docs,
    unsafe_code,
    reason = "generated from the contract in `wit/`"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "function",
        with: {
            "retort:bot/budget@1.0.0": crate::bindings::retort::bot::budget,
            "retort:bot/config@1.0.0": crate::bindings::retort::bot::config,
            "retort:bot/http@1.0.0": crate::bindings::retort::bot::http,
            "retort:bot/log@1.0.0": crate::bindings::retort::bot::log,
            "retort:bot/secrets@1.0.0": crate::bindings::retort::bot::secrets,
            "retort:bot/state@1.0.0": crate::bindings::retort::bot::state,
            "retort:bot/types@1.0.0": crate::bindings::retort::bot::types,
        },
        pub_export_macro: true,
        default_bindings_module: "retort_sdk::function::bindings",
    });
}

/// A function for the platform's hooks and other event sources. Its name and version are those of its Cargo package.
pub trait Function {
    /// Handles one event. What it returns is what the caller gets, as it is.
    ///
    /// # Errors
    /// A [`Fault`] when it cannot; the caller is told its message.
    fn invoke(invocation: Invocation) -> Result<Value, Fault>;

    /// Checks the configuration that [`config::get`](crate::config::get) gives. Called when the function is deployed.
    ///
    /// # Errors
    /// All that is wrong; the deployment is refused, and the operator reads this.
    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        Ok(())
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The invocation's own, names and values.
    pub headers: Vec<(String, String)>,
    /// What happened, in the shape that its source gives it.
    pub payload: Value,
}

impl Invocation {
    /// The payload as the function's own type.
    ///
    /// ```
    /// use retort_sdk::{Fault, Invocation, Value, json};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Order {
    ///     number: u64,
    /// }
    ///
    /// fn invoke(invocation: Invocation) -> Result<Value, Fault> {
    ///     let order: Order = invocation.payload_as()?;
    ///     Ok(json!({ "next": order.number + 1 }))
    /// }
    /// ```
    ///
    /// # Errors
    /// If it cannot be read as a `T`.
    pub fn payload_as<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unreadable> {
        T::deserialize(&self.payload).map_err(|error| Unreadable::new("the payload", &error))
    }

    /// The first value of a header, whose name may be in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    #[doc(hidden)]
    pub fn read(headers: Vec<(String, String)>, payload: &str) -> Result<Self, Fault> {
        let payload = serde_json::from_str(payload)?;
        Ok(Self { headers, payload })
    }
}

/// Makes a type that implements [`Function`] the function of this component. Once per crate.
///
/// ```
/// use retort_sdk::{Fault, Function, Invocation, Value};
///
/// struct Same;
///
/// impl Function for Same {
///     fn invoke(invocation: Invocation) -> Result<Value, Fault> {
///         Ok(invocation.payload)
///     }
/// }
///
/// retort_sdk::export_function!(Same);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export_function {
    ($function:ty) => {
        #[allow(unsafe_code, reason = "the generated exports are unsafe by nature")]
        const _: () = {
            use $crate::function::bindings::exports::retort::bot::function_handler::Guest;

            struct Component;

            impl Guest for Component {
                fn describe() -> $crate::Description {
                    $crate::Description {
                        name: env!("CARGO_PKG_NAME").into(),
                        version: env!("CARGO_PKG_VERSION").into(),
                    }
                }

                fn check_config() -> Result<(), Vec<$crate::ConfigProblem>> {
                    <$function as $crate::Function>::check_config()
                }

                fn invoke(
                    headers: Vec<(String, String)>,
                    payload: String,
                ) -> Result<String, $crate::Fault> {
                    let invocation = $crate::Invocation::read(headers, &payload)?;
                    let returned = <$function as $crate::Function>::invoke(invocation)?;
                    Ok(returned.to_string())
                }
            }

    $crate::function::bindings::export!(Component with_types_in $crate::function::bindings);
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_into_a_type_and_a_header_by_its_name_in_any_case() {
        let headers = vec![("X-Source".into(), "chat".into())];
        let invocation = Invocation::read(headers, "[1,2]").expect("JSON");
        assert_eq!(invocation.payload_as::<[u8; 2]>(), Ok([1, 2]));
        let wrong = invocation.payload_as::<bool>().expect_err("a list");
        assert_eq!(
            wrong.to_string(),
            "the payload has something else where there should be a boolean"
        );
        assert_eq!(invocation.header("x-source"), Some("chat"));
        assert_eq!(invocation.header("source"), None);
    }

    #[test]
    fn a_payload_is_read_as_json_and_what_is_none_is_a_fault() {
        let read = Invocation::read(Vec::new(), "{\"n\": 1}").expect("JSON");
        assert_eq!(read.payload["n"], 1);
        let fault = Invocation::read(Vec::new(), "{").expect_err("no JSON");
        assert_eq!(fault.code, "json-invalid");
    }
}
