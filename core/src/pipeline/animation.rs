//! Animated avatars: every frame is decoded, resized and written, one after the other.

use std::time::Duration;

use super::decoding::{Decoding, source_info};
use super::images::resize_all;
use crate::decode::Decoder;
use crate::digest;
use crate::encode::{self, AnimatedFile, AnimationWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::format::Format;
use crate::limits::Budget;
use crate::options::Options;
use crate::photo::Photo;
use crate::pixels::SrgbImage;
use crate::plan::{self, Aim, Output, OutputEncoding, Plan};
use crate::rendered::Avatar;

/// Plays an animation, and writes an animated WebP of every size.
pub(super) struct Animator<'a> {
    photo: Photo<'a>,
    /// With one format.
    options: Options,
    aim: Aim,
    budget: &'a Budget,
}

/// An animated avatar for each size; `None` where a still shows the same.
pub(super) type Animations = Vec<Option<AnimatedFile>>;

impl<'a> Animator<'a> {
    /// Writes the animated avatars, and removes them from `plan`.
    pub(super) fn animate(
        photo: Photo<'a>,
        options: &Options,
        plan: &mut Plan,
        budget: &'a Budget,
    ) -> Result<Animations> {
        if !options.animated || !options.formats.contains(&Format::Webp) {
            return Ok(Vec::new());
        }
        let options = Options {
            formats: vec![Format::Webp],
            ..options.clone()
        };
        let animator = Self {
            photo,
            options,
            aim: plan.aim.clone(),
            budget,
        };
        let mut animations = animator.play(None)?;
        for (index, (file, target)) in animations.iter_mut().zip(&mut plan.targets).enumerate() {
            let is_webp = |output: &Output| output.encoding.format() == Format::Webp;
            let output = target.outputs.iter().position(is_webp);
            if let (Some(file), Some(output)) = (file, output) {
                let output = target.outputs.remove(output);
                animator.shrink(file, index, output.encoding)?;
            }
        }
        Ok(animations)
    }

    /// Writes an animated WebP of every size, or of one at another quality.
    fn play(&self, changed: Option<(usize, u8)>) -> Result<Animations> {
        let budget = self.budget;
        let Some(mut decoder) = Decoder::open_animation(self.photo, budget)? else {
            return Ok(Vec::new());
        };
        let mut decoding = Decoding::new(&mut decoder, &self.options, budget)?;
        if self.aim != Aim::Center {
            let info = source_info(decoder.header());
            plan::follow(&mut decoding.plan, self.aim.clone(), &info, &self.options)?;
        }
        if let Some((index, _)) = changed {
            decoding.plan.targets.swap(0, index);
            decoding.plan.targets.truncate(1);
        }
        let encoding = |output: &Output| match changed {
            Some((_, quality)) => output.encoding.with_quality(quality),
            None => output.encoding,
        };
        let targets = decoding.plan.targets.iter();
        let outputs = targets
            .flat_map(|target| target.outputs.first())
            .map(encoding);
        let writer = |encoding| Ok((AnimationWriter::new(budget)?, encoding));
        let mut writers = outputs.map(writer).collect::<Result<Vec<_>>>()?;
        while let Some((duration, images)) = self.next_images(&mut decoder, &decoding)? {
            for ((writer, encoding), image) in writers.iter_mut().zip(images.into_iter().flatten())
            {
                encode::add_frame(writer, image, duration, *encoding, budget)?;
            }
        }
        let files = writers.into_iter();
        files
            .map(|(writer, _)| writer.finish(decoder.plays()))
            .collect()
    }

    /// The images of the next frame, one for each size. `None` after the last frame, and instead of a
    /// damaged one, if damage is accepted.
    fn next_images(
        &self,
        decoder: &mut Decoder<'_>,
        decoding: &Decoding,
    ) -> Result<Option<(Duration, Vec<Vec<SrgbImage>>)>> {
        let mut next = || {
            let Some(duration) = decoder.next_frame(self.budget)? else {
                return Ok(None);
            };
            let (reduced, missing) = decoding.reduce(decoder, self.budget)?;
            if missing > 0 {
                return Err(Error::malformed(format!(
                    "a frame of the {} is damaged; use another copy of the photo, or accept the damage \
                     (option accept_damaged)",
                    decoder.header().format.title()
                )));
            }
            let images = resize_all(vec![reduced], &decoding.plan, &decoding.space, self.budget)?;
            Ok(Some((duration, images)))
        };
        match next() {
            Err(error) if error.kind() == ErrorKind::Malformed && self.options.accept_damaged => {
                Ok(None)
            }
            outcome => outcome,
        }
    }

    /// Lowers the quality until the file has at most the allowed bytes.
    fn shrink(
        &self,
        file: &mut AnimatedFile,
        index: usize,
        encoding: OutputEncoding,
    ) -> Result<()> {
        let Some(most) = self.options.max_bytes else {
            return Ok(());
        };
        let missing = || Error::internal("an animation has changed");
        let encode = |quality| {
            let file = self.play(Some((index, quality)))?.pop().flatten();
            Ok(file.ok_or_else(missing)?.bytes)
        };
        let bytes = std::mem::take(&mut file.bytes);
        file.bytes = encode::shrink_animation(bytes, encoding, most, encode)?;
        Ok(())
    }
}

/// Inserts the animated avatars into those of `plan`, from which they were removed.
pub(super) fn insert_animations(
    mut avatars: Vec<Avatar>,
    animations: Animations,
    plan: &Plan,
    options: &Options,
) -> Vec<Avatar> {
    let formats = options.formats.iter();
    let at = formats
        .clone()
        .position(|&format| format == Format::Webp)
        .unwrap_or_default();
    for (index, (file, target)) in animations.into_iter().zip(&plan.targets).enumerate() {
        let Some(file) = file else {
            continue;
        };
        let avatar = Avatar {
            size: file.size,
            crop: target.crop,
            format: Format::Webp,
            digest: digest::sha256(&file.bytes),
            frames: file.frames,
            duration_ms: file.duration_ms,
            bytes: file.bytes,
        };
        avatars.insert(index * formats.len() + at, avatar);
    }
    avatars
}
