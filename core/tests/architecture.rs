//! The sources keep the rules of ARCHITECTURE.md: who may import whom, no circles, unsafe code in one
//! file, no two types of one name.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Stages receive their slice of the plan.
const STAGES: [&str; 9] = [
    "color",
    "decode",
    "encode",
    "orient",
    "placeholder",
    "reduce",
    "resize",
    "shape",
    "subject",
];

/// The modules that a stage may import besides its own files.
const SHARED: [&str; 11] = [
    "digest", "error", "format", "geometry", "limits", "photo", "pixels", "plan", "rendered",
    "simd", "threads",
];

/// The modules, or items, that the plan may import: neither codecs nor pixel buffers.
const PLAN: [&str; 6] = [
    "error",
    "format",
    "geometry",
    "limits",
    "options",
    "pixels::Rgb",
];

/// Executes the plan, so it imports every stage; and the access for fuzzing and benchmarks.
const MAY_IMPORT_STAGES: [&str; 2] = ["internals", "pipeline"];

/// A module, by the names of its path from the crate's root.
type Module = Vec<String>;

/// The crate's sources without tests and comments.
struct Sources(BTreeMap<Module, String>);

impl Sources {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        collect(&root, &mut files);
        let module = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            (module_of(path.strip_prefix(&root).unwrap()), code_of(&text))
        };
        Self(files.iter().map(module).collect())
    }

    /// Every path to a module or an item of the crate in the code of `module`.
    fn paths(&self, module: &Module) -> BTreeSet<Module> {
        let code = &self.0[module];
        let uses = statements(code, "use ").flat_map(|tree| leaves(tree.trim()));
        let modules = statements(code, "mod ").map(|name| format!("self::{name}"));
        let inline = ["crate::", "super::"].into_iter().flat_map(|start| {
            let places = code.match_indices(start).map(|(at, _)| at);
            // `super::super::` starts once, and `pub(in crate::decode)` is no import.
            let import = |at: &usize| !code[..*at].ends_with(':') && !code[..*at].ends_with("(in ");
            let places = places.filter(import);
            let paths = places.map(|at| code[at..].split(not_in_path).next().unwrap());
            // A use tree was read above.
            paths.filter(|path| !path.ends_with(':')).map(String::from)
        });
        let paths = uses.chain(modules).chain(inline);
        paths.filter_map(|path| absolute(module, &path)).collect()
    }

    /// The longest prefix of `path` that is a module.
    fn module(&self, path: &Module) -> Module {
        let lengths = (0..=path.len()).rev();
        let prefixes = lengths.map(|length| path[..length].to_vec());
        prefixes
            .into_iter()
            .find(|prefix| self.0.contains_key(prefix))
            .unwrap()
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn module_of(path: &Path) -> Module {
    let names = path.with_extension("");
    let names = names.iter().map(|name| name.to_str().unwrap().to_string());
    names
        .filter(|name| name != "mod" && name != "lib")
        .collect()
}

/// The lines before the module of unit tests, without comments.
fn code_of(text: &str) -> String {
    let tests = text.find("\nmod tests {").unwrap_or(text.len());
    let lines = text[..tests]
        .lines()
        .map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// What follows `keyword`, up to the semicolon, in every statement that starts with it.
fn statements<'a>(code: &'a str, keyword: &'a str) -> impl Iterator<Item = &'a str> {
    let starts = code.match_indices(keyword).filter(|(at, _)| {
        let line = code[..*at].rsplit('\n').next().unwrap().trim();
        line.is_empty() || line.starts_with("pub")
    });
    starts.filter_map(move |(at, _)| {
        let (statement, _) = code[at + keyword.len()..].split_once(';')?;
        // A module with a body has no semicolon of its own.
        let body = keyword == "mod " && statement.contains('{');
        (!body).then_some(statement)
    })
}

/// The paths in a use tree: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn leaves(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        return vec![tree.to_string()];
    };
    let inner = rest.trim_end().strip_suffix('}').unwrap();
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in inner.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match letter {
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(letter),
        }
    }
    let parts = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty());
    let parts = parts.flat_map(|part| leaves(&format!("{}{part}", prefix.trim())));
    parts.collect()
}

fn not_in_path(letter: char) -> bool {
    !letter.is_alphanumeric() && letter != '_' && letter != ':'
}

/// A path of the crate as seen from its root; `None` for other crates.
fn absolute(module: &Module, path: &str) -> Option<Module> {
    let path = path.split(" as ").next().unwrap().trim();
    let mut parts = path.split("::").filter(|part| !part.is_empty()).peekable();
    let mut base = match parts.peek()? {
        &"crate" => Module::new(),
        &"self" | &"super" => module.clone(),
        _ => return None,
    };
    for part in parts {
        match part {
            "crate" | "self" | "*" => {}
            "super" => drop(base.pop()),
            name => base.push(name.to_string()),
        }
    }
    Some(base)
}

fn top(module: &Module) -> &str {
    module.first().map_or("lib", String::as_str)
}

#[test]
fn a_stage_imports_only_shared_modules() {
    let sources = Sources::read();
    let mut wrong = Vec::new();
    for module in sources
        .0
        .keys()
        .filter(|module| STAGES.contains(&top(module)))
    {
        for path in sources.paths(module) {
            let target = top(&path);
            if target != top(module) && !SHARED.contains(&target) {
                wrong.push(format!("{} imports {}", module.join("::"), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_plan_sees_neither_codecs_nor_pixel_buffers() {
    let sources = Sources::read();
    let allowed = |path: &str| PLAN.iter().any(|prefix| path.starts_with(prefix));
    let paths = sources.paths(&vec!["plan".to_string()]);
    let paths = paths.iter().map(|path| path.join("::"));
    let wrong: Vec<String> = paths.filter(|path| !allowed(path)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_pipeline_imports_stages() {
    let sources = Sources::read();
    let mut wrong = Vec::new();
    for module in sources.0.keys().filter(|module| !module.is_empty()) {
        let from = top(module);
        let may = MAY_IMPORT_STAGES.contains(&from) || STAGES.contains(&from);
        for path in sources.paths(module) {
            if !may && STAGES.contains(&top(&path)) {
                wrong.push(format!("{} imports {}", module.join("::"), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let sources = Sources::read();
    let mut imports: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for module in sources.0.keys() {
        let targets = sources.paths(module);
        let targets = targets.iter().map(|path| sources.module(path));
        let targets = targets.filter(|target| target != module).collect();
        imports.insert(module.clone(), targets);
    }
    // Remove modules that import nothing that is left. Only circles, and their users, remain.
    while let Some(leaf) = imports
        .iter()
        .find_map(|(module, targets)| targets.is_empty().then(|| module.clone()))
    {
        imports.remove(&leaf);
        for targets in imports.values_mut() {
            targets.remove(&leaf);
        }
    }
    let show = |module: &Module| module.join("::");
    let rest: Vec<String> = imports
        .iter()
        .map(|(module, targets)| {
            let targets: Vec<String> = targets.iter().map(show).collect();
            format!("{} imports {}", show(module), targets.join(", "))
        })
        .collect();
    assert!(rest.is_empty(), "{rest:#?}");
}

#[test]
fn only_the_calls_of_libwebp_are_unsafe() {
    let sources = Sources::read();
    let is_unsafe = |code: &str| {
        code.split(not_in_path)
            .any(|word| word.starts_with("unsafe"))
    };
    let found = sources.0.iter().filter(|(_, code)| is_unsafe(code));
    let found: Vec<String> = found.map(|(module, _)| module.join("::")).collect();
    assert_eq!(found, ["encode::webp_lossy"]);
}

#[test]
fn no_two_types_have_the_same_name() {
    let sources = Sources::read();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (module, code) in &sources.0 {
        for line in code.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let keyword = words
                .iter()
                .position(|word| matches!(*word, "struct" | "enum" | "trait" | "type"));
            let declares = keyword.filter(|&at| {
                words[..at]
                    .iter()
                    .all(|w| w.starts_with("pub") || w.starts_with("in"))
            });
            // Associated types are indented.
            let Some(at) = declares.filter(|_| !line.starts_with("    type")) else {
                continue;
            };
            let name = words
                .get(at + 1)
                .and_then(|word| word.split(not_in_path).next());
            let name = name.unwrap_or_default().trim_end_matches(':').to_string();
            places.entry(name).or_default().push(module.join("::"));
        }
    }
    // The facade of the benchmarks repeats names of the types that it wraps.
    let repeated = places.into_iter().filter(|(_, modules)| {
        modules
            .iter()
            .filter(|module| *module != "internals")
            .count()
            > 1
    });
    let repeated: Vec<_> = repeated.collect();
    assert!(repeated.is_empty(), "{repeated:#?}");
}

#[test]
fn the_readers_of_these_tests_understand_rust() {
    let tree = "crate::a::{\n    B, c::{D, E as F},\n    self,\n}";
    let expected = [
        "crate::a::B",
        "crate::a::c::D",
        "crate::a::c::E as F",
        "crate::a::self",
    ];
    assert_eq!(leaves(tree), expected);
    let module = vec!["decode".to_string(), "png".to_string()];
    let path = absolute(&module, "super::header::Header as H").unwrap();
    assert_eq!(path.join("::"), "decode::header::Header");
    assert_eq!(absolute(&module, "std::fmt"), None);
    let code = code_of("use a::b; // use crate::c;\n#[cfg(test)]\nmod tests { use crate::d; }");
    assert_eq!(statements(&code, "use ").collect::<Vec<_>>(), ["a::b"]);
}
