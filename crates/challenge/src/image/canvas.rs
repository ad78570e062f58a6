use std::ops::Range;

use super::Scale;
use super::outline::{Point, edges};

/// Where outlines become coverage: one layer for each ink of a range; what is drawn in others leaves no trace.
#[derive(Default)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    scale: f32,
    first_ink: usize,
    layers: Vec<Layer>,
    sums: Vec<f32>,
    unsmoothed: Vec<u8>,
}

impl Canvas {
    /// The most inks that a canvas takes at a time. Why a bound: a layer of the largest picture takes 8 MB.
    pub(super) const INKS: usize = 8;

    pub(super) fn clear(&mut self, width: u32, height: u32, inks: &Range<usize>, scale: Scale) {
        let factor = scale.factor() as usize;
        self.scale = factor as f32;
        self.width = width as usize * factor;
        self.height = height as usize * factor;
        self.first_ink = inks.start;
        self.layers.resize_with(inks.len(), Layer::default);
        for layer in &mut self.layers {
            layer.used = false;
        }
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Coverage from 0 to 255, row by row, of each ink that was used, with the ink.
    pub(super) fn layers(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| layer.used)
            .map(|(number, layer)| (self.first_ink + number, &*layer.coverage))
    }

    /// The bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        let layers = self
            .layers
            .iter()
            .map(|layer| 4 * layer.cells.capacity() + layer.coverage.capacity());
        layers.sum::<usize>() + self.unsmoothed.capacity()
    }

    /// Fills a closed polygon, in pixels at scale one.
    pub(super) fn polygon(&mut self, ink: usize, points: &[Point]) {
        let (height, scale) = (self.height as f32, self.scale);
        let place = |p: Point| Point {
            x: p.x * scale,
            y: smaller(larger(p.y * scale, 0.0), height),
        };
        let Some(layer) = self.layer(ink) else {
            return;
        };
        for (from, to) in edges(points) {
            let (from, to) = (place(from), place(to));
            if from.x < to.x {
                layer.edge(1.0, from, to);
            } else if from.x > to.x {
                layer.edge(-1.0, to, from);
            }
        }
    }

    /// Fills one pixel of scale one.
    pub(super) fn speck(&mut self, ink: usize, x: u32, y: u32) {
        let (width, factor) = (self.width, self.scale as usize);
        let (x, y) = (x as usize * factor, y as usize * factor);
        let Some(layer) = self.layer(ink) else {
            return;
        };
        for x in x..x + factor {
            layer.cells[y * width + x] += 1.0;
            layer.cells[(y + factor) * width + x] -= 1.0;
        }
    }

    fn layer(&mut self, ink: usize) -> Option<&mut Layer> {
        let layer = self.layers.get_mut(ink.checked_sub(self.first_ink)?)?;
        if !layer.used {
            layer.prepare(self.width, self.height);
        }
        Some(layer)
    }

    /// Turns what was drawn into coverage.
    pub(super) fn develop(&mut self, smoothing: bool) {
        self.sums.resize(self.width, 0.0);
        for layer in self.layers.iter_mut().filter(|layer| layer.used) {
            layer.develop(&mut self.sums);
            if smoothing {
                // Why: a blur twice as wide has four times the variance, and the variances of passes add up.
                for _ in 0..(self.scale * self.scale) as u32 {
                    self.unsmoothed.clone_from(&layer.coverage);
                    smooth(&self.unsmoothed, &mut layer.coverage, self.width);
                }
            }
        }
    }
}

/// The drawing of one ink.
///
/// Coverage is exact: each edge adds to the cells it passes the area that it cuts off from them, and what it does to
/// all the cells below is the running sum of that down the column. The sum goes row by row, so that it is the same
/// simple addition for all the columns of a row.
#[derive(Default)]
struct Layer {
    width: usize,
    /// Two rows more than the picture, for what edges on its lower border add below them. All zero between drawings.
    cells: Vec<f32>,
    coverage: Vec<u8>,
    used: bool,
}

impl Layer {
    fn prepare(&mut self, width: usize, height: usize) {
        self.used = true;
        self.width = width;
        self.cells.resize(width * (height + 2), 0.0);
        self.coverage.resize(width * height, 0);
    }

    /// Adds an edge from left to right; `sign` says which way the polygon goes along it.
    #[inline]
    fn edge(&mut self, sign: f32, left: Point, right: Point) {
        if right.x <= 0.0 {
            return;
        }
        let mut x = larger(left.x, 0.0);
        let (first, end) = (whole(x), self.width as i32);
        if right.x < (first + 1) as f32 && left.x >= 0.0 && first < end {
            return self.cut(first, sign * (right.x - left.x), left.y, right.y);
        }
        let slope = (right.y - left.y) / (right.x - left.x);
        let (low, high) = if left.y < right.y {
            (left.y, right.y)
        } else {
            (right.y, left.y)
        };
        let y_at = |x: f32| smaller(larger(left.y + (x - left.x) * slope, low), high);
        let mut y = y_at(x);
        for column in first..end.min(whole(right.x) + 1) {
            let next_x = smaller(right.x, (column + 1) as f32);
            let next_y = y_at(next_x);
            self.cut(column, sign * (next_x - x), y, next_y);
            (x, y) = (next_x, next_y);
        }
    }

    /// Adds the part of an edge that is inside one column: `run` wide, from height `y0` to `y1`.
    #[inline]
    fn cut(&mut self, column: i32, run: f32, y0: f32, y1: f32) {
        let (top, bottom) = if y0 < y1 { (y0, y1) } else { (y1, y0) };
        let (first, last) = (whole(top), whole(bottom));
        let top_part = top - first as f32;
        let bottom_part = bottom - last as f32;
        let mut cell = first as usize * self.width + column as usize;
        if first == last {
            let below = 0.5 * run * (top_part + bottom_part);
            self.cells[cell] += run - below;
            self.cells[cell + self.width] += below;
            return;
        }
        // Of the run, `given` is what went to the rows so far, and `next` what will have gone after this one.
        let per_row = run / (bottom - top);
        let first_rest = 1.0 - top_part;
        let mut given = 0.5 * first_rest * first_rest * per_row;
        self.cells[cell] += given;
        let mut next = (first_rest + 0.5) * per_row;
        for _ in first + 1..last {
            cell += self.width;
            self.cells[cell] += next - given;
            given = next;
            next += per_row;
        }
        cell += self.width;
        let below = 0.5 * bottom_part * bottom_part * per_row;
        self.cells[cell] += run - below - given;
        self.cells[cell + self.width] += below;
    }

    /// Sums the cells down each column, and clears them.
    fn develop(&mut self, sums: &mut [f32]) {
        sums.fill(0.0);
        let rows = self
            .cells
            .chunks_exact_mut(sums.len())
            .zip(self.coverage.chunks_exact_mut(sums.len()));
        for (cells, coverage) in rows {
            for ((sum, cell), covered) in sums.iter_mut().zip(&*cells).zip(coverage) {
                *sum += cell;
                *covered = to_byte(*sum);
            }
            cells.fill(0.0);
        }
        let shown = self.coverage.len();
        self.cells[shown..].fill(0.0);
    }
}

// Why not `f32::min` and `f32::max`: those look for NaN, which takes as long again.
#[inline]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The whole part of a number from 0 to some millions. Why `i32`: processors convert that in one instruction, either
/// way, and `usize` in several.
#[inline]
fn whole(number: f32) -> i32 {
    number as i32
}

/// A winding number as coverage: none at 0, whole (255) at 1 and beyond, either way.
#[inline]
fn to_byte(winding: f32) -> u8 {
    let part = smaller(winding.abs(), 1.0);
    // Why: adding 2^23 leaves the rounded number in the lowest bits, in one instruction; a cast has to saturate.
    (part * 255.0 + 8_388_608.0).to_bits() as u8
}

/// Blurs by the kernel 1 1 1, 1 5 1, 1 1 1 over 13, which image editors call smoothing.
fn smooth(from: &[u8], to: &mut [u8], width: usize) {
    let rows: Vec<&[u8]> = from.chunks_exact(width).collect();
    // The sums of three rows, with the first and the last one again beyond the picture's edges.
    let mut sums = vec![0_u16; width + 2];
    for (y, out) in to.chunks_exact_mut(width).enumerate() {
        let (above, here, below) = (
            rows[y.saturating_sub(1)],
            rows[y],
            rows[(y + 1).min(rows.len() - 1)],
        );
        for (sum, ((&a, &b), &c)) in sums[1..].iter_mut().zip(above.iter().zip(here).zip(below)) {
            *sum = u16::from(a) + u16::from(b) + u16::from(c);
        }
        (sums[0], sums[width + 1]) = (sums[1], sums[width]);
        let around = sums.iter().zip(&sums[1..]).zip(&sums[2..]);
        for ((out, &pixel), ((left, middle), right)) in out.iter_mut().zip(here).zip(around) {
            *out = ((left + middle + right + 4 * u16::from(pixel) + 6) / 13) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn coverage(width: u32, height: u32, polygons: &[&[Point]]) -> Vec<u8> {
        let mut canvas = Canvas::default();
        canvas.clear(width, height, &(0..1), Scale::One);
        for polygon in polygons {
            canvas.polygon(0, polygon);
        }
        canvas.develop(false);
        canvas
            .layers()
            .next()
            .map_or(vec![0; (width * height) as usize], |(_, coverage)| {
                coverage.to_vec()
            })
    }

    fn rectangle(left: f32, top: f32, right: f32, bottom: f32) -> [Point; 4] {
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point { x, y })
    }

    #[test]
    fn a_pixel_gets_the_part_of_it_that_is_covered() {
        let drawn = coverage(4, 3, &[&rectangle(0.5, 0.0, 3.0, 1.25)]);
        assert_eq!(drawn, [128, 255, 255, 0, 32, 64, 64, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn overlapping_shapes_cover_once_and_holes_stay_open() {
        let whole = rectangle(0.0, 0.0, 4.0, 4.0);
        let mut hole = rectangle(1.0, 1.0, 3.0, 3.0);
        assert_eq!(coverage(4, 4, &[&whole, &whole]), [255; 16]);
        hole.reverse();
        let ring = coverage(4, 4, &[&whole, &hole]);
        assert_eq!((ring[0], ring[5], ring[15]), (255, 0, 255));
    }

    #[test]
    fn what_is_outside_leaves_no_trace() {
        for (x, y) in [
            (-9.0, 0.0),
            (9.0, 0.0),
            (0.0, -9.0),
            (0.0, 9.0),
            (4.0, 0.0),
            (0.0, 4.0),
        ] {
            let outside = rectangle(x, y, x + 3.0, y + 3.0);
            assert_eq!(coverage(4, 4, &[&outside]), [0; 16], "{x} {y}");
        }
        assert_eq!(
            coverage(4, 4, &[&rectangle(-100.0, -100.0, 100.0, 100.0)]),
            [255; 16]
        );
    }

    #[test]
    fn the_next_picture_begins_empty() {
        let mut canvas = Canvas::default();
        for (size, expected) in [(4, 255), (8, 255), (3, 255)] {
            canvas.clear(size, size, &(0..1), Scale::Two);
            canvas.polygon(0, &rectangle(0.0, 0.0, 1.0, 9.0));
            canvas.speck(0, 2, 2);
            canvas.develop(false);
            let (_, coverage) = canvas.layers().next().unwrap();
            assert_eq!(coverage[0], expected);
            assert_eq!(
                coverage.iter().filter(|&&covered| covered > 0).count() as u32,
                4 * size + 4
            );
        }
    }

    proptest! {
        #[test]
        fn the_covered_area_is_the_triangle_s(corners in [(0.0_f32..40.0, 0.0_f32..40.0), (0.0..40.0, 0.0..40.0), (0.0..40.0, 0.0..40.0)]) {
            let corners = corners.map(|(x, y)| Point { x, y });
            let covered = coverage(40, 40, &[&corners]).iter().map(|&part| f32::from(part) / 255.0).sum::<f32>();
            let area = 0.5 * edges(&corners).map(|(p, q)| p.x * q.y - q.x * p.y).sum::<f32>().abs();
            prop_assert!((covered - area).abs() < 1.0, "{covered} for {area}");
        }

        #[test]
        fn any_polygon_can_be_drawn(points in prop::collection::vec((-1e4_f32..1e4, -1e4_f32..1e4), 1..20)) {
            let points: Vec<_> = points.into_iter().map(|(x, y)| Point { x, y }).collect();
            coverage(17, 5, &[&points]);
        }
    }

    #[test]
    fn smoothing_keeps_the_amount_of_ink() {
        let mut dot = vec![0; 81];
        dot[40] = 255;
        let mut smoothed = dot.clone();
        smooth(&dot, &mut smoothed, 9);
        assert_eq!(
            (smoothed[40], smoothed[39], smoothed[30], smoothed[38]),
            (98, 20, 20, 0)
        );
    }
}
