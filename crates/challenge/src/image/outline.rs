use skrifa::outline::OutlinePen;

/// A place, in pixels or ems; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
}

/// A rectangle that holds points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Bounds {
    /// Holds nothing.
    pub(super) const EMPTY: Self = Self {
        left: f32::INFINITY,
        top: f32::INFINITY,
        right: f32::NEG_INFINITY,
        bottom: f32::NEG_INFINITY,
    };

    pub(super) fn of(points: &[Point]) -> Self {
        points
            .iter()
            .fold(Self::EMPTY, |bounds, &point| bounds.with(point))
    }

    fn with(self, p: Point) -> Self {
        Self {
            left: self.left.min(p.x),
            top: self.top.min(p.y),
            right: self.right.max(p.x),
            bottom: self.bottom.max(p.y),
        }
    }

    pub(super) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(super) fn centre(&self) -> Point {
        Point {
            x: 0.5 * (self.left + self.right),
            y: 0.5 * (self.top + self.bottom),
        }
    }
}

/// A glyph as closed polygons, in ems, the baseline at y = 0. All outer contours turn the same way in every font.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) points: Box<[Point]>,
    /// Where each contour ends in `points`.
    pub(super) ends: Box<[u32]>,
    pub(super) bounds: Bounds,
}

/// Flattens curves, and cuts long straight lines so that a warp can bend them. Takes font units, gives ems.
pub(super) struct Flattener {
    unit: f32,
    points: Vec<Point>,
    ends: Vec<u32>,
    pen: Point,
}

impl Flattener {
    /// How far a chord may stray from its curve, in ems.
    const TOLERANCE: f32 = 1.0 / 700.0;
    /// The longest line, in ems.
    const LONGEST: f32 = 0.16;

    /// A flattener for a font with so many units to the em.
    pub(super) fn new(units_per_em: f32) -> Self {
        Self {
            unit: 1.0 / units_per_em,
            points: Vec::new(),
            ends: Vec::new(),
            pen: Point::default(),
        }
    }

    /// The glyph, unless nothing was drawn.
    pub(super) fn finish(mut self) -> Option<Outline> {
        self.close();
        if self.points.is_empty() {
            return None;
        }
        if self.area() < 0.0 {
            self.turn_round();
        }
        let bounds = Bounds::of(&self.points);
        Some(Outline {
            points: self.points.into(),
            ends: self.ends.into(),
            bounds,
        })
    }

    fn contours(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        contours(&self.ends).collect::<Vec<_>>().into_iter()
    }

    /// Twice the enclosed area; its sign tells which way the outer contours turn.
    fn area(&self) -> f32 {
        self.contours()
            .map(|contour| {
                edges(&self.points[contour])
                    .map(|(p, q)| p.x * q.y - q.x * p.y)
                    .sum::<f32>()
            })
            .sum()
    }

    // Why: TrueType and PostScript outlines turn in opposite ways, and where letters of both overlap their
    // windings would cancel out and leave a hole.
    fn turn_round(&mut self) {
        for contour in self.contours() {
            self.points[contour].reverse();
        }
    }

    fn point(&self, x: f32, y: f32) -> Point {
        Point {
            x: x * self.unit,
            y: -y * self.unit,
        }
    }

    fn curve(&mut self, steps: f32, at: impl Fn(f32) -> Point) {
        let steps = steps.clamp(1.0, 32.0).ceil();
        for step in 1..=steps as u32 {
            self.points.push(at(step as f32 / steps));
        }
        self.pen = at(1.0);
    }
}

impl OutlinePen for Flattener {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        self.pen = self.point(x, y);
        self.points.push(self.pen);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (from, to) = (self.pen, self.point(x, y));
        let length = (to.x - from.x).abs().max((to.y - from.y).abs());
        self.curve(length / Self::LONGEST, |t| mix(from, to, t));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (from, control, to) = (self.pen, self.point(cx, cy), self.point(x, y));
        let bend = Point {
            x: from.x - 2.0 * control.x + to.x,
            y: from.y - 2.0 * control.y + to.y,
        };
        let stray = (bend.x * bend.x + bend.y * bend.y).sqrt();
        self.curve((stray / (4.0 * Self::TOLERANCE)).sqrt(), |t| {
            mix(mix(from, control, t), mix(control, to, t), t)
        });
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (from, c0, c1, to) = (
            self.pen,
            self.point(cx0, cy0),
            self.point(cx1, cy1),
            self.point(x, y),
        );
        let bend = |a: Point, b: Point, c: Point| {
            (a.x - 2.0 * b.x + c.x)
                .abs()
                .max((a.y - 2.0 * b.y + c.y).abs())
        };
        let stray = bend(from, c0, c1).max(bend(c0, c1, to));
        self.curve((0.75 * stray / Self::TOLERANCE).sqrt(), |t| {
            let middle = mix(c0, c1, t);
            mix(
                mix(mix(from, c0, t), middle, t),
                mix(middle, mix(c1, to, t), t),
                t,
            )
        });
    }

    fn close(&mut self) {
        let begin = self.ends.last().map_or(0, |&end| end as usize);
        if let Some(&first) = self.points.get(begin) {
            if self.points.last() != Some(&first) {
                // The way back to the first point is a line like any other, which a warp has to bend.
                let length = (first.x - self.pen.x)
                    .abs()
                    .max((first.y - self.pen.y).abs());
                let from = self.pen;
                self.curve(length / Self::LONGEST, |t| mix(from, first, t));
            }
            self.points.pop();
            self.ends.push(self.points.len() as u32);
        }
    }
}

fn mix(p: Point, q: Point, t: f32) -> Point {
    Point {
        x: p.x + (q.x - p.x) * t,
        y: p.y + (q.y - p.y) * t,
    }
}

/// The ranges of points that end where `ends` says.
pub(super) fn contours(ends: &[u32]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let begins = std::iter::once(0).chain(ends.iter().copied());
    begins
        .zip(ends.iter().copied())
        .map(|(begin, end)| begin as usize..end as usize)
}

/// The edges of a closed polygon.
pub(super) fn edges(points: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    let last = points.last().copied();
    last.into_iter()
        .chain(points.iter().copied())
        .zip(points.iter().copied())
}
