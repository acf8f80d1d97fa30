package codegeex.test

import com.intellij.core.CoreApplicationEnvironment
import com.intellij.openapi.editor.impl.DocumentImpl
import com.intellij.openapi.editor.impl.DocumentWriteAccessGuard
import com.intellij.openapi.util.Disposer
import com.intellij.openapi.vfs.VirtualFile
import com.intellij.openapi.vfs.local.CoreLocalFileSystem
import java.lang.reflect.Proxy
import java.nio.file.Files
import java.nio.file.Path

/** As much of the platform as its own document needs. */
fun startPlatform() {
    CoreApplicationEnvironment(Disposer.newDisposable("tests"), true)
    CoreApplicationEnvironment.registerApplicationExtensionPoint(DocumentWriteAccessGuard.EP_NAME, DocumentWriteAccessGuard::class.java)
}

/** The platform's own document. */
fun documentOf(text: String) = DocumentImpl(text, true)

fun virtualFile(path: Path): VirtualFile {
    if (!Files.exists(path)) Files.writeString(path, "")
    return requireNotNull(CoreLocalFileSystem().findFileByPath(path.toString())) { "no file $path" }
}

/** Return a stand-in for an interface: `answer` gets the method's name and arguments. */
inline fun <reified T> standIn(crossinline answer: (String, Array<Any?>) -> Any?): T =
    Proxy.newProxyInstance(T::class.java.classLoader, arrayOf(T::class.java)) { self, method, arguments ->
        when (method.name) {
            "hashCode" -> System.identityHashCode(self)
            "equals" -> self === arguments!![0]
            "toString" -> T::class.java.simpleName
            else -> answer(method.name, arguments ?: emptyArray())
        }
    } as T
