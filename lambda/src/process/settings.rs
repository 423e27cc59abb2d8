//! The settings of process, from its environment.

use roundel::{Format, Options, Size};

use crate::environment::{Environment, SettingError};
use crate::key::{AvatarKeys, strip_folder};

/// Default of AVATAR_SIZES: the widths of the sizes below the alias.
const DEFAULT_WIDTHS: [u32; 4] = [256, 128, 64, 32];
/// Default of MAX_UPLOAD_BYTES: 20 MiB.
const DEFAULT_MAX_UPLOAD: u64 = 20 << 20;
/// Default of the option `limits.pixels`, instead of the renderer's 256 million. It bounds the time of a
/// function: a file of 1 MB can have all of these pixels. Photos of phones with 108 million are accepted.
const DEFAULT_PIXELS: u64 = 120_000_000;

/// Where process reads and writes, and what it renders.
#[derive(Clone, Debug)]
pub struct Settings {
    /// DEST_BUCKET_NAME: the bucket of the avatars.
    pub destination: String,
    /// UPLOADS_BUCKET_NAME: the only bucket whose uploads are handled; without it, the events decide.
    pub uploads: Option<String>,
    /// FOLDER_INPUT: the folder of uploads; empty is the whole bucket.
    pub input: String,
    /// FOLDER_OUTPUT (`avatars`): the keys of avatars.
    pub keys: AvatarKeys,
    /// FOLDER_REFUSED (`refused`): the folder of refusals, in the bucket of the upload.
    pub refused: String,
    /// FOLDER_PERMITS (`permits`): the folder of the records of used permits, in the bucket of the upload.
    pub permits: String,
    /// The sizes are PROCESS_WIDTH, PROCESS_HEIGHT (512) and AVATAR_SIZES (`256,128,64,32`), the limit
    /// of the file is MAX_UPLOAD_BYTES, everything else RENDER_OPTIONS (JSON).
    pub options: Options,
    /// AWS_LAMBDA_FUNCTION_NAME, for metrics.
    pub function: String,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or invalid.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingError> {
        let input = environment.folder("FOLDER_INPUT", "");
        Ok(Self {
            destination: environment.required("DEST_BUCKET_NAME")?.to_owned(),
            uploads: environment
                .optional("UPLOADS_BUCKET_NAME")
                .map(str::to_owned),
            refused: folder_of_records(environment, "FOLDER_REFUSED", "refused", &input)?,
            permits: folder_of_records(environment, "FOLDER_PERMITS", "permits", &input)?,
            input,
            keys: AvatarKeys::new(&environment.folder("FOLDER_OUTPUT", "avatars")),
            options: options(environment)?,
            function: environment
                .optional("AWS_LAMBDA_FUNCTION_NAME")
                .unwrap_or("process")
                .to_owned(),
        })
    }

    /// Whether process may have written this object itself. Such objects are ignored, or the function
    /// would call itself. If one of the folders of uploads and avatars is inside the other, the inner
    /// one decides.
    pub fn is_output(&self, bucket: &str, key: &str) -> bool {
        let input_is_inner = !self.input.is_empty() && self.keys.contains(&self.input);
        let is_upload = input_is_inner && strip_folder(key, &self.input).is_some();
        let is_avatar = bucket == self.destination && self.keys.contains(key) && !is_upload;
        let folders = [&self.refused, &self.permits];
        let is_record = folders
            .iter()
            .any(|folder| strip_folder(key, folder).is_some());
        is_avatar || is_record
    }

    /// Whether uploads of this bucket are handled.
    pub fn handles(&self, bucket: &str) -> bool {
        self.uploads.as_deref().is_none_or(|own| own == bucket)
    }

    /// Width and height of the alias, in pixels.
    pub fn alias_size(&self) -> Size {
        self.options
            .sizes
            .first()
            .copied()
            .unwrap_or(Size::square(512))
    }
}

/// A folder in the bucket of uploads for what process records there.
fn folder_of_records(
    environment: &Environment,
    name: &str,
    default: &str,
    input: &str,
) -> Result<String, SettingError> {
    let folder = environment.folder(name, default);
    if folder.is_empty() {
        let problem = "must name a folder, because a record is not an upload";
        return Err(SettingError::new(name, problem));
    }
    if strip_folder(&format!("{input}/"), &folder).is_some() {
        let problem = format!("must not contain FOLDER_INPUT ({input:?}): no upload would be read");
        return Err(SettingError::new(name, problem));
    }
    Ok(folder)
}

fn options(environment: &Environment) -> Result<Options, SettingError> {
    let json = environment.optional("RENDER_OPTIONS").unwrap_or("{}");
    let wrong = |error| SettingError::new("RENDER_OPTIONS", format!("is refused: {error}"));
    let mut options = Options::from_json(json).map_err(wrong)?;
    let named: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    check_overlap(&named)?;
    if named.pointer("/limits/pixels").is_none() {
        options.limits.pixels = DEFAULT_PIXELS;
    }
    if !options.formats.contains(&Format::Jpeg) {
        let problem = "must keep jpeg among the formats: the alias is <sub>.jpg";
        return Err(SettingError::new("RENDER_OPTIONS", problem));
    }
    options.sizes = sizes(environment)?;
    let bytes = environment.number("MAX_UPLOAD_BYTES", DEFAULT_MAX_UPLOAD, 1, 1 << 30)?;
    options.limits.input_bytes = bytes;
    // Lambda gives one processor up to 1,769 MB of memory. More threads would only use more memory.
    options.parallel = false;
    options.check().map_err(wrong)?;
    Ok(options)
}

/// Refuses options that have a variable of their own, because the variable would overwrite them.
fn check_overlap(named: &serde_json::Value) -> Result<(), SettingError> {
    let variables = [
        ("/sizes", "PROCESS_WIDTH, PROCESS_HEIGHT and AVATAR_SIZES"),
        ("/limits/input_bytes", "MAX_UPLOAD_BYTES"),
    ];
    match variables
        .iter()
        .find(|(option, _)| named.pointer(option).is_some())
    {
        None => Ok(()),
        Some((option, variables)) => {
            let option = option.trim_start_matches('/').replace('/', ".");
            let problem = format!("must not contain {option}: use {variables}");
            Err(SettingError::new("RENDER_OPTIONS", problem))
        }
    }
}

/// The size of the alias, then the smaller sizes in the same proportions.
fn sizes(environment: &Environment) -> Result<Vec<Size>, SettingError> {
    let width = environment.number("PROCESS_WIDTH", 512, 1, Options::MAX_SIDE)?;
    let height = environment.number("PROCESS_HEIGHT", 512, 1, Options::MAX_SIDE)?;
    let mut widths = DEFAULT_WIDTHS.to_vec();
    if environment.optional("AVATAR_SIZES").is_some() {
        let listed = environment.list("AVATAR_SIZES");
        widths = listed
            .iter()
            .map(|text| width_of(text))
            .collect::<Result<_, _>>()?;
    }
    let in_proportion = |side: &u32| {
        let scaled = u64::from(*side) * u64::from(height) / u64::from(width);
        Size::new(*side, scaled.clamp(1, Options::MAX_SIDE.into()) as u32)
    };
    let smaller = widths
        .iter()
        .filter(|&&side| side != width)
        .map(in_proportion);
    Ok(std::iter::once(Size::new(width, height))
        .chain(smaller)
        .collect())
}

fn width_of(text: &str) -> Result<u32, SettingError> {
    let side = text.parse().ok();
    let side = side.filter(|side| (1..=Options::MAX_SIDE).contains(side));
    side.ok_or_else(|| {
        let problem = format!("must be widths like 256,128, not {text:?}");
        SettingError::new("AVATAR_SIZES", problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_the_original_are_enough() {
        let settings = Settings::from_environment(&Environment::from([
            ("DEST_BUCKET_NAME", "assets"),
            ("FOLDER_INPUT", "avatars/original/"),
            ("FOLDER_OUTPUT", "avatars/processed"),
            ("PROCESS_WIDTH", "512"),
            ("PROCESS_HEIGHT", "512"),
        ]))
        .unwrap();
        assert_eq!(settings.keys.alias("me"), "avatars/processed/me.jpg");
        assert_eq!(
            settings.options.sizes,
            [512, 256, 128, 64, 32].map(Size::square)
        );
    }

    #[test]
    fn avatars_and_uploads_in_one_bucket_are_distinguished() {
        let cases = [
            ("in", "avatars", "in/me.jpg", false),
            ("in", "avatars", "avatars/me.jpg", true),
            (
                "avatars/original",
                "avatars",
                "avatars/original/me.jpg",
                false,
            ),
            ("avatars/original", "avatars", "avatars/me.jpg", true),
            ("", "avatars", "me.jpg", false),
            ("", "avatars", "avatars/me.jpg", true),
            ("in", "", "in/me.jpg", false),
            ("in", "", "me.jpg", true),
            ("in", "in", "in/me.jpg", true),
            ("", "", "me.jpg", true),
        ];
        for (input, output, key, output_of_process) in cases {
            let settings = Settings::from_environment(&Environment::from([
                ("DEST_BUCKET_NAME", "one"),
                ("FOLDER_INPUT", input),
                ("FOLDER_OUTPUT", output),
            ]))
            .unwrap();
            assert_eq!(
                settings.is_output("one", key),
                output_of_process,
                "{input:?} {output:?} {key}"
            );
            assert!(!settings.is_output("other", key), "{key}");
            assert!(settings.is_output("other", "refused/0123/1.json"));
            assert!(settings.is_output("other", "permits/0123.json"));
        }
    }

    #[test]
    fn an_option_with_its_own_variable_is_refused() {
        let read = |json: &str| {
            let pairs = [("DEST_BUCKET_NAME", "assets"), ("RENDER_OPTIONS", json)];
            Settings::from_environment(&Environment::from(pairs))
        };
        assert!(read(r#"{"quality":90,"limits":{"pixels":1000000}}"#).is_ok());
        for (json, variable) in [
            (r#"{"sizes":[64]}"#, "AVATAR_SIZES"),
            (r#"{"limits":{"input_bytes":1}}"#, "MAX_UPLOAD_BYTES"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.problem.contains(variable), "{error}");
        }
    }

    #[test]
    fn a_folder_of_records_must_not_contain_uploads() {
        for name in ["FOLDER_REFUSED", "FOLDER_PERMITS"] {
            for (input, records) in [("in", "in"), ("in/photos", "in")] {
                let error = Settings::from_environment(&Environment::from([
                    ("DEST_BUCKET_NAME", "assets"),
                    ("FOLDER_INPUT", input),
                    (name, records),
                ]))
                .unwrap_err();
                assert_eq!(error.name, name);
            }
        }
    }

    #[test]
    fn the_pixels_of_a_photo_are_limited_unless_the_options_name_another_limit() {
        let pixels = |json: &str| {
            let pairs = [("DEST_BUCKET_NAME", "assets"), ("RENDER_OPTIONS", json)];
            let settings = Settings::from_environment(&Environment::from(pairs)).unwrap();
            settings.options.limits.pixels
        };
        assert_eq!(pixels("{}"), 120_000_000);
        assert_eq!(pixels(r#"{"limits":{"memory":30000000}}"#), 120_000_000);
        assert_eq!(pixels(r#"{"limits":{"pixels":200000000}}"#), 200_000_000);
    }

    #[test]
    fn every_size_has_the_proportions_of_the_alias() {
        let environment = [
            ("PROCESS_WIDTH", "300"),
            ("PROCESS_HEIGHT", "200"),
            ("AVATAR_SIZES", "30"),
        ];
        let sizes = sizes(&Environment::from(environment)).unwrap();
        assert_eq!(sizes, [Size::new(300, 200), Size::new(30, 20)]);
    }

    #[test]
    fn an_invalid_value_is_refused_with_its_variable() {
        let cases = [
            ("PROCESS_WIDTH", "0"),
            ("PROCESS_HEIGHT", "-1"),
            ("AVATAR_SIZES", "256;128"),
            ("MAX_UPLOAD_BYTES", "20MB"),
            ("RENDER_OPTIONS", r#"{"qualty": 80}"#),
            ("RENDER_OPTIONS", r#"{"formats": ["webp", "png"]}"#),
            ("FOLDER_REFUSED", "/"),
            ("FOLDER_PERMITS", "/"),
            ("DEST_BUCKET_NAME", ""),
        ];
        for (name, value) in cases {
            let mut pairs = [("DEST_BUCKET_NAME", "assets"), (name, value)];
            if name == pairs[0].0 {
                pairs[0] = ("", "");
            }
            let error = Settings::from_environment(&Environment::from(pairs)).unwrap_err();
            assert_eq!(error.name, name, "{value}: {error}");
        }
    }
}
