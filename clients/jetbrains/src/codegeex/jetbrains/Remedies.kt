package codegeex.jetbrains

import codegeex.lsp.Remedy
import codegeex.text.Choices
import com.intellij.openapi.fileChooser.FileChooser
import com.intellij.openapi.fileChooser.FileChooserDescriptor
import com.intellij.openapi.options.ShowSettingsUtil
import java.nio.file.Path

private const val LOG_NAME = "codegeex-lsp.log"

/** Do what the user has pressed a button for. */
fun remedy(service: CodegeexService, remedy: Remedy) {
    when (remedy) {
        Remedy.INSTALL -> (service.host.bundledWheel ?: chooseFile(service))?.let(service::install)
        Remedy.CHOOSE -> chooseFile(service)?.let { chooseCommand(service, it) }
        Remedy.RESTART -> service.restart()
        Remedy.LOG -> showLog(service)
    }
}

fun showLog(service: CodegeexService) = service.host.openText(service.project, LOG_NAME, service.log.text())

fun showSettings(service: CodegeexService) = ShowSettingsUtil.getInstance().showSettingsDialog(service.project, SettingsPage::class.java)

private fun chooseCommand(service: CodegeexService, file: Path) {
    val command = service.settings.choices[Choices.SERVER_PATH]
    service.settings.change { it.setServerPath(file.toString()) }
    if (command == file.toString()) service.restart() // the same one again: nothing has changed
}

private fun chooseFile(service: CodegeexService): Path? {
    val descriptor = FileChooserDescriptor(true, false, true, true, false, false)
    return FileChooser.chooseFile(descriptor, service.project, null)?.let { Path.of(it.path) }
}
