//! [`as_text!`](crate::as_text!): for types with one text, which `Display` writes and `FromStr` reads, so that files, database and API
//! hold that same text.

/// Makes serde write and read a type as its text.
#[macro_export]
macro_rules! as_text {
    ($type:ty) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)?
                    .parse()
                    .map_err(::serde::de::Error::custom)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::Error;

    use crate::Prefix;

    fn read(text: &str) -> Result<Prefix, Error> {
        Prefix::deserialize(IntoDeserializer::<Error>::into_deserializer(text))
    }

    #[test]
    fn what_is_read_by_its_text_is_refused_with_the_reason_of_its_reader() {
        assert_eq!(read("192.0.2.0/24"), Ok("192.0.2.0/24".parse().unwrap()));
        let refused = "192.0.2.0/33".parse::<Prefix>().unwrap_err();
        assert_eq!(read("192.0.2.0/33").unwrap_err().to_string(), refused.to_string());
    }
}
