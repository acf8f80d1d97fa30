package com.intellij.openapi.components;

public enum RoamingType { DEFAULT, PER_OS, DISABLED }
