package codegeex.ui

import java.awt.Component
import java.awt.Container
import java.awt.Dimension
import java.awt.LayoutManager
import java.awt.Rectangle
import javax.swing.JPanel
import javax.swing.Scrollable

/** Lays components out below each other, each as wide as the container and as high as it needs at that width. */
class Column(private val gap: Int) : LayoutManager {
    override fun addLayoutComponent(name: String?, component: Component?) = Unit

    override fun removeLayoutComponent(component: Component?) = Unit

    override fun minimumLayoutSize(parent: Container) = Dimension(0, 0)

    override fun preferredLayoutSize(parent: Container): Dimension {
        val insets = parent.insets
        val width = parent.width - insets.left - insets.right
        val shown = parent.components.filter { it.isVisible }
        val natural = if (parent.width == 0) shown.maxOfOrNull { it.preferredSize.width } ?: 0 else width
        val height = shown.sumOf { heightAt(it, natural) } + gap * maxOf(0, shown.size - 1)
        return Dimension(natural + insets.left + insets.right, height + insets.top + insets.bottom)
    }

    override fun layoutContainer(parent: Container) {
        val insets = parent.insets
        val width = maxOf(0, parent.width - insets.left - insets.right)
        var top = insets.top
        for (child in parent.components.filter { it.isVisible }) {
            val height = heightAt(child, width)
            child.setBounds(insets.left, top, width, height)
            top += height + gap
        }
    }

    /** A text wraps at its component's width, so that has to be set before its height is known. */
    private fun heightAt(child: Component, width: Int): Int {
        if (child.width != width) child.setSize(width, maxOf(child.height, 1))
        return child.preferredSize.height
    }
}

/** A column that is as wide as the viewport it is scrolled in. */
class ScrolledColumn(gap: Int) : JPanel(Column(gap)), Scrollable {
    override fun getPreferredScrollableViewportSize(): Dimension = preferredSize

    override fun getScrollableUnitIncrement(visible: Rectangle, orientation: Int, direction: Int) = 16

    override fun getScrollableBlockIncrement(visible: Rectangle, orientation: Int, direction: Int) = visible.height

    override fun getScrollableTracksViewportWidth() = true

    override fun getScrollableTracksViewportHeight() = false
}
