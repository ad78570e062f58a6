use super::Scale;
use super::outline::Point;

/// Where outlines become coverage: one layer for each ink.
///
/// Coverage is exact: each edge adds to the cells it passes the area that it cuts off from them, and what an edge does
/// to all the cells below it is the running sum of that down the column. The sum goes row by row, so that it is the
/// same simple addition for all the columns of a row.
#[derive(Default)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    scale: f32,
    layers: Vec<Layer>,
}

/// The drawing of one ink.
#[derive(Default)]
struct Layer {
    /// One row more than the picture, for what edges on its lower border add below it.
    cells: Vec<f32>,
    coverage: Vec<u8>,
    used: bool,
}

impl Canvas {
    pub(super) fn clear(&mut self, width: u32, height: u32, inks: usize, scale: Scale) {
        let factor = scale.factor() as usize;
        self.scale = factor as f32;
        self.width = width as usize * factor;
        self.height = height as usize * factor;
        self.layers.resize_with(inks, Layer::default);
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
        self.layers.iter().enumerate().filter(|(_, layer)| layer.used).map(|(ink, layer)| (ink, &*layer.coverage))
    }

    /// The bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.layers.iter().map(|layer| 4 * layer.cells.capacity() + layer.coverage.capacity()).sum()
    }

    /// Adds one edge of a closed polygon, in pixels at scale one.
    pub(super) fn edge(&mut self, ink: usize, from: Point, to: Point) {
        let (width, height, scale) = (self.width, self.height, self.scale);
        let layer = self.layer(ink);
        let from = Point { x: from.x * scale, y: from.y * scale };
        let to = Point { x: to.x * scale, y: to.y * scale };
        layer.edge(width, height, from, to);
    }

    /// Fills one pixel of scale one.
    pub(super) fn speck(&mut self, ink: usize, x: u32, y: u32) {
        let (width, factor) = (self.width, self.scale as usize);
        let (x, y) = (x as usize * factor, y as usize * factor);
        let layer = self.layer(ink);
        for x in x..x + factor {
            layer.cells[y * width + x] += 1.0;
            layer.cells[(y + factor) * width + x] -= 1.0;
        }
    }

    fn layer(&mut self, ink: usize) -> &mut Layer {
        let (width, height) = (self.width, self.height);
        let layer = &mut self.layers[ink];
        if !layer.used {
            layer.used = true;
            layer.cells.clear();
            layer.cells.resize(width * (height + 1), 0.0);
        }
        layer
    }

    /// Turns what was drawn into coverage.
    pub(super) fn develop(&mut self, smoothing: bool) {
        for layer in self.layers.iter_mut().filter(|layer| layer.used) {
            layer.develop(self.width);
            if smoothing {
                // Why: a blur twice as wide has four times the variance, and variances of passes add up.
                for _ in 0..(self.scale * self.scale) as u32 {
                    layer.smooth(self.width);
                }
            }
        }
    }
}

impl Layer {
    fn edge(&mut self, width: usize, height: usize, from: Point, to: Point) {
        let (sign, left, right) = if from.x < to.x { (1.0, from, to) } else { (-1.0, to, from) };
        let run = right.x - left.x;
        if run <= 0.0 {
            return;
        }
        let slope = (right.y - left.y) / run;
        let bottom = height as f32;
        let first = left.x.max(0.0) as usize;
        let last = (right.x.max(0.0).ceil() as usize).min(width);
        let y_at = |x: f32| (left.y + (x - left.x) * slope).clamp(0.0, bottom);
        let mut x0 = left.x.max(0.0);
        let mut y0 = y_at(x0);
        for column in first..last {
            let x1 = right.x.min((column + 1) as f32);
            let y1 = y_at(x1);
            self.cut(width, column, sign * (x1 - x0), y0, y1);
            (x0, y0) = (x1, y1);
        }
    }

    /// Adds the part of an edge that is inside one column: `run` wide, from height `y0` to `y1`.
    fn cut(&mut self, width: usize, column: usize, run: f32, y0: f32, y1: f32) {
        let (top, bottom) = if y0 < y1 { (y0, y1) } else { (y1, y0) };
        let first = top as usize;
        let top_part = top - first as f32;
        let cells = &mut self.cells[first * width + column..];
        if bottom <= (first + 1) as f32 {
            let above = 0.5 * (top_part + bottom - first as f32);
            cells[0] += run * (1.0 - above);
            if let Some(cell) = cells.get_mut(width) {
                *cell += run * above;
            }
            return;
        }
        // What fraction of the edge's run has been passed where it leaves each cell, and the area under it.
        let per_row = 1.0 / (bottom - top);
        let mut passed = (1.0 - top_part) * per_row;
        let mut area = 0.5 * (1.0 - top_part) * passed;
        let mut given = area;
        cells[0] += run * area;
        let mut row = 1;
        let last = bottom as usize - first;
        while row < last {
            area = passed + 0.5 * per_row;
            cells[row * width] += run * (area - given);
            given = area;
            passed += per_row;
            row += 1;
        }
        let bottom_part = bottom - (first + row) as f32;
        area = 1.0 - 0.5 * bottom_part * bottom_part * per_row;
        if let Some(cell) = cells.get_mut(row * width) {
            *cell += run * (area - given);
        }
        if let Some(cell) = cells.get_mut((row + 1) * width) {
            *cell += run * (1.0 - area);
        }
    }

    fn develop(&mut self, width: usize) {
        let mut sums = vec![0.0_f32; width];
        self.coverage.clear();
        for row in self.cells[..self.cells.len() - width].chunks_exact(width) {
            self.coverage.extend(sums.iter_mut().zip(row).map(|(sum, cell)| {
                *sum += cell;
                to_byte(sum.abs().min(1.0))
            }));
        }
    }

    fn smooth(&mut self, width: usize) {
        let before = self.coverage.clone();
        let rows: Vec<_> = before.chunks_exact(width).collect();
        for (y, row) in self.coverage.chunks_exact_mut(width).enumerate() {
            let (above, below) = (rows[y.saturating_sub(1)], rows[(y + 1).min(rows.len() - 1)]);
            for x in 0..width {
                let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
                let around: u32 = [above, rows[y], below]
                    .iter()
                    .map(|row| u32::from(row[left]) + u32::from(row[x]) + u32::from(row[right]))
                    .sum();
                row[x] = ((around + 4 * u32::from(rows[y][x]) + 6) / 13) as u8;
            }
        }
    }
}

/// 0 to 1 as 0 to 255, rounded.
fn to_byte(part: f32) -> u8 {
    // Why: adding 2^23 leaves the rounded number in the lowest bits, in one instruction; a cast has to saturate.
    (part * 255.0 + 8_388_608.0).to_bits() as u8
}
