package tiles;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A rectangular board of numbered tiles, stored row by row. */
public final class Grid {
    private final int width;
    private final int height;
    private final int[] cells;

    public Grid(int width, int height) {
        if (width <= 0 || height <= 0) {
            throw new IllegalArgumentException("width and height must be positive");
        }
        this.width = width;
        this.height = height;
        this.cells = new int[width * height];
    }

    public int getWidth() {
        return width;
    }

    public int getHeight() {
        return height;
    }

    public int get(int x, int y) {
        return cells[index(x, y)];
    }

    public void set(int x, int y, int value) {
        cells[index(x, y)] = value;
    }

    public List<Integer> row(int y) {
        List<Integer> row = new ArrayList<>(width);
        for (int x = 0; x < width; x++) {
            row.add(get(x, y));
        }
        return row;
    }

    private int index(int x, int y) {
        if (x < 0 || x >= width || y < 0 || y >= height) {
            throw new IndexOutOfBoundsException("(" + x + ", " + y + ")");
        }
        return y * width + x;
    }

    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        if (!(other instanceof Grid)) {
            return false;
        }
        Grid that = (Grid) other;
        return width == that.width && height == that.height && Arrays.equals(cells, that.cells);
    }

    @Override
    public int hashCode() {
        return 31 * width + Arrays.hashCode(cells);
    }
}
