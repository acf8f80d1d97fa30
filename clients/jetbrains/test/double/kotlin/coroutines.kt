@file:JvmName("CoroutinesKt")

package com.intellij.openapi.application

import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** The platform's read and write lock: edits in tests hold it too. */
val LOCK = Mutex()

suspend fun <T> readAction(action: () -> T): T = LOCK.withLock { action() }
