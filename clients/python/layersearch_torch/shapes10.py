"""The drawn set shapes10, by the algorithm of docs/shapes10.md. Do not reorder sums or products: bytes depend on it."""

import numpy as np

from layersearch_torch.randomness import MASK, StableRandom, text_hash

SHAPES = ["disc", "ring", "square", "triangle", "cross", "star"]
FIGURES = SHAPES + ["horizontal", "diagonal", "checkerboard", "dots"]  # the classes 0 ... 9
EIGHTH = 0.7071067811865475


def uniform(random, low, high):
    return low + random.uniform() * (high - low)


def color(random, low, high):
    return np.array([uniform(random, low, high) for _ in range(3)])


def direction(random):  # of length 1
    while True:
        r, g, b = point = color(random, -1.0, 1.0)
        square = r * r + g * g + b * b
        if 0.01 < square <= 1:
            return point * (1 / square ** 0.5)


def turn(half_tangent):  # cosine, sine
    square = half_tangent * half_tangent
    return (1 - square) / (1 + square), 2 * half_tangent / (1 + square)


def turned(rotation, x, y):
    c, s = rotation
    return c * x + s * y, c * y - s * x


def lighter(random, ground):  # the color of what lies on the ground
    tint = direction(random) * 40.0
    light = uniform(random, 60.0, 130.0)
    return np.clip(ground + tint + light, 0, 255)


def shape_depth(figure, u, v, radius):
    if figure == "ring":
        return 0.2 * radius - abs(np.sqrt(u * u + v * v) - 0.72 * radius)
    if figure == "square":
        return 0.8 * radius - np.maximum(abs(u), abs(v))
    if figure == "triangle":
        return 0.58 * radius - np.maximum(v, 0.8660254037844386 * abs(u) - 0.5 * v)
    if figure == "cross":
        arm = 0.3 * radius
        return np.maximum(np.minimum(arm - abs(u), radius - abs(v)), np.minimum(radius - abs(u), arm - abs(v)))
    if figure == "star":  # the second smallest of five distances
        inner, a = 0.36 * radius, abs(u)
        x1, x2 = 0.9510565162951535 * a, 0.5877852522924731 * a
        y1, y2 = 0.3090169943749474 * v, 0.8090169943749474 * v
        lines = [inner - v, inner - (x1 + y1), inner - (y1 - x1), inner - (x2 - y2), inner + (x2 + y2)]
        return np.sort(np.stack(lines), axis=0)[1]
    return 0.88 * radius - np.sqrt(u * u + v * v)


def wrapped(x, period):
    turns = x / period
    return (turns - np.floor(turns + 0.5)) * period


def texture_depth(figure, u, v, period):
    if figure == "checkerboard":
        side = 0.75 * period
        a = 0.5 * side - abs(wrapped(u, 2 * side))
        b = 0.5 * side - abs(wrapped(v, 2 * side))
        return np.maximum(np.minimum(a, b), np.minimum(-a, -b))
    if figure == "dots":
        x, y = wrapped(u, period), wrapped(v, period)
        return 0.33 * period - np.sqrt(x * x + y * y)
    return 0.25 * period - abs(wrapped(v, period))


X, Y = np.meshgrid(np.arange(32.0), np.arange(32.0))


def coverage(depth):
    return np.minimum(1, np.maximum(0, depth + 0.5))


def layer(random, figure, radius, cx, cy):  # draws its numbers, gives its coverage of all pixels
    ratio = uniform(random, 1.0, 1.3) ** 0.5
    stretch = ratio if random.uniform() < 0.5 else 1 / ratio
    rotation = turn(uniform(random, -0.2, 0.2))
    outlined = random.uniform() < 0.15
    half_width = uniform(random, 0.9, 1.5)
    dx, dy = X - cx, Y - cy
    p, q = turned(rotation, dx, dy)
    u, v = p * stretch, q / stretch
    if figure in SHAPES:
        depth = shape_depth(figure, u, v, radius)
        if outlined and figure not in ("disc", "ring"):
            depth = half_width - abs(depth - half_width)
    else:
        window = ["disc", "square", "triangle"][random.integer(3)]
        tilt = turn(uniform(random, -0.17, 0.17))
        free = turn(uniform(random, -1.0, 1.0))
        rises = random.uniform() < 0.5
        rotation = free
        if figure == "horizontal":
            rotation = tilt
        if figure == "diagonal":
            (c, s), (c2, s2) = tilt, (EIGHTH, EIGHTH if rises else -EIGHTH)
            rotation = c2 * c - s2 * s, s2 * c + c2 * s
        period = uniform(random, 5.0, 8.0)
        shift_u = random.uniform() * period
        shift_v = random.uniform() * period
        s, t = turned(rotation, dx, dy)
        inside = shape_depth(window, u, v, 1.15 * radius)
        depth = np.minimum(inside, texture_depth(figure, s + shift_u, t + shift_v, period))
    reach = 1.45 * radius + 1  # farther away nothing is drawn
    near = lambda z, c: (z >= np.floor(c - reach)) & (z <= np.ceil(c + reach))
    return np.where(near(X, cx) & near(Y, cy), coverage(depth), 0)


def image(split, index):  # split: "training" or "test"
    random = StableRandom(text_hash(f"shapes10-v1 {split}") + index & MASK)
    figure = FIGURES[index % 10]
    gray = uniform(random, 30.0, 130.0)
    ground = np.clip(color(random, gray - 30.0, gray + 30.0), 0, 255)
    shading_x = direction(random) * uniform(random, 0.0, 20.0)
    shading_y = direction(random) * uniform(random, 0.0, 20.0)
    noise = uniform(random, 4.0, 16.0)
    radius = uniform(random, 7.5, 12.0)
    cx = 15.5 + uniform(random, -4.0, 4.0)
    cy = 15.5 + uniform(random, -4.0, 4.0)
    main_color = lighter(random, ground)
    main = layer(random, figure, radius, cx, cy), main_color
    parts = []
    for _ in range(random.integer(2)):  # a distractor, or none
        shape = SHAPES[random.integer(6)]
        its_color = lighter(random, ground)
        small = radius * uniform(random, 0.22, 0.42)
        x = uniform(random, 2.0, 29.0)
        y = uniform(random, 2.0, 29.0)
        parts.append((layer(random, shape, small, x, y), its_color))
    parts.append(main)
    occluded = random.uniform() < 0.2
    bar_color = lighter(random, ground)
    rotation = turn(uniform(random, -1.0, 1.0))
    half_width = uniform(random, 1.0, 2.0)
    distance = turned(rotation, cx, cy)[1] + uniform(random, -0.8, 0.8) * radius
    if occluded:
        parts.append((coverage(half_width - abs(turned(rotation, X, Y)[1] - distance)), bar_color))
    place = lambda z: ((z - 15.5) / 15.5)[..., None]
    canvas = (ground + shading_y * place(Y)) + shading_x * place(X)
    for share, part in parts:
        share = share[..., None]
        canvas = np.where(share > 0, canvas * (1 - share) + part * share, canvas)
    factor = noise / 104.5107649935654
    words = np.array([random.next() for _ in range(1024)], dtype=np.uint64).reshape(32, 32)
    pixels = np.empty((3, 32, 32), np.uint8)
    for channel in range(3):
        low = words >> np.uint64(16 * channel)
        grain = (low & np.uint64(255)).astype(float) + (low >> np.uint64(8) & np.uint64(255)).astype(float) - 255
        pixels[channel] = (np.clip(canvas[..., channel] + factor * grain, 0, 255) + 0.5).astype(np.uint8)
    return pixels, index % 10  # [channel][row][column]
